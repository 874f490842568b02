using Presage.Gradients.Uses;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>
/// RNN, LSTM and GRU of any number of layers and directions, unrolled: with δ at the gates' pre-activations, the input map is a linear layer over
/// (x_t, δ_t), the recurrent one over (h_(t−1), δ_t); in the GRU, whose reset gate r multiplies the recurrent part of the new gate, that part's δ is r∘δ.
/// </summary>
internal sealed class RecurrentRule(nn.Module module, ModelParameters parameters, string path) : RecomputedRule(module, parameters, path)
{
    private static readonly string[] Directions = ["", "_reverse"];

    private Settings? _settings;
    private Tensor? _given;

    private sealed record Settings(bool BatchFirst, bool Relu);

    private sealed record State(Tensor Output, Tensor Hidden, Tensor? Cell);

    public override Action Watch(Recorder recorder)
    {
        switch (Module)
        {
            case RNN rnn:
                var beforeRnn = rnn.register_forward_pre_hook((_, input, hidden) => (Given(input), hidden));
                var afterRnn = rnn.register_forward_hook((_, _, hidden, output) =>
                    Unrolled(recorder, hidden, null, output.Item1) is { } state ? (state.Output, state.Hidden) : output);
                return beforeRnn.remove + (Action)afterRnn.remove;
            case GRU gru:
                var beforeGru = gru.register_forward_pre_hook((_, input, hidden) => (Given(input), hidden));
                var afterGru = gru.register_forward_hook((_, _, hidden, output) =>
                    Unrolled(recorder, hidden, null, output.Item1) is { } state ? (state.Output, state.Hidden) : output);
                return beforeGru.remove + (Action)afterGru.remove;
            case LSTM lstm:
                var beforeLstm = lstm.register_forward_pre_hook((_, input, start) => (Given(input), start));
                var afterLstm = lstm.register_forward_hook((_, _, start, output) =>
                    Unrolled(recorder, start?.Item1, start?.Item2, output.Item1) is { } state ? (state.Output, state.Hidden, state.Cell!) : output);
                return beforeLstm.remove + (Action)afterLstm.remove;
            default:
                throw new InvalidOperationException($"{Module.GetName()} is no recurrent layer.");
        }
    }

    // Where the module's own result is not needed, it is given one step of the sequence only.
    private Tensor Given(Tensor input)
    {
        _given = input;
        return _settings is null || input.dim() != 3 ? input : input.detach().narrow(_settings.BatchFirst ? 1 : 0, 0, 1);
    }

    private State? Unrolled(Recorder recorder, Tensor? hidden, Tensor? cell, Tensor output)
    {
        Tensor input = _given!;
        _given = null;
        if (Unusable is not null || input.dim() != 3)
        {
            return null;
        }

        IEnumerable<Settings> candidates =
            from batchFirst in input.shape[0] == recorder.Examples && input.shape[1] != recorder.Examples ? [true, false] : NoYes
            from relu in Module is RNN ? NoYes : NoYes[..1]
            select new Settings(batchFirst, relu);
        if (_settings is null)
        {
            Tensor random = RandomSequence(3, 4, input.shape[2]);
            _settings = Find(
                candidates,
                s => Unroll(s, null, input, hidden, cell).Output,
                output,
                s => Unroll(s, null, random, null, null).Output,
                () => Module switch
                {
                    RNN rnn => rnn.forward(random, null!).Item1,
                    GRU gru => gru.forward(random, null!).Item1,
                    _ => ((LSTM)Module).forward(random, null).Item1,
                });
        }

        return _settings is null ? null : Unroll(_settings, recorder, input, hidden, cell);
    }

    private State Unroll(Settings settings, Recorder? recorder, Tensor input, Tensor? hidden, Tensor? cell)
    {
        Tensor x = settings.BatchFirst ? input.transpose(0, 1) : input;
        var hiddens = new List<Tensor>();
        var cells = new List<Tensor>();
        for (int layer = 0; OptionalParameter($"weight_ih_l{layer}") is not null; layer++)
        {
            var outputs = new List<Tensor>();
            foreach (string direction in Directions)
            {
                string suffix = $"_l{layer}{direction}";
                if (OptionalParameter("weight_hh" + suffix) is not { } recurrent)
                {
                    continue;
                }

                Tensor start = zeros([x.shape[1], recurrent.shape[1]], x.dtype, x.device);
                Tensor h = hidden?[hiddens.Count] ?? start;
                Tensor c = cell?[hiddens.Count] ?? start;
                var (steps, last, lastCell) = Direction(settings, recorder, x, h, c, suffix, direction.Length > 0);
                outputs.Add(steps);
                hiddens.Add(last);
                cells.Add(lastCell);
            }

            x = cat(outputs, 2);
        }

        return new State(settings.BatchFirst ? x.transpose(0, 1) : x, stack(hiddens), Module is LSTM ? stack(cells) : null);
    }

    private (Tensor Steps, Tensor Hidden, Tensor Cell) Direction(
        Settings settings, Recorder? recorder, Tensor x, Tensor h, Tensor c, string suffix, bool reverse)
    {
        Tensor weight = Parameter("weight_hh" + suffix);
        Tensor? bias = OptionalParameter("bias_hh" + suffix);
        int length = (int)x.shape[0];
        var before = new Tensor[length];
        var resets = new Tensor[length];
        Tensor given = nn.functional.linear(x, Parameter("weight_ih" + suffix), OptionalParameter("bias_ih" + suffix));
        given = recorder?.RecordInside(this, given, [x], (inputs, delta) => Uses(suffix, inputs[0], delta, before, resets)) ?? given;
        Tensor[] steps = given.unbind(0);
        var outputs = new Tensor[length];
        for (int i = 0; i < length; i++)
        {
            int t = reverse ? length - 1 - i : i;
            before[t] = recorder?.Own(h.detach()) ?? h;
            Tensor recurrent = nn.functional.linear(h, weight, bias);
            switch (Module)
            {
                case LSTM:
                    Tensor[] gates = (steps[t] + recurrent).chunk(4, 1);
                    c = gates[1].sigmoid() * c + gates[0].sigmoid() * gates[2].tanh();
                    h = gates[3].sigmoid() * c.tanh();
                    break;
                case GRU:
                    Tensor[] own = steps[t].chunk(3, 1);
                    Tensor[] back = recurrent.chunk(3, 1);
                    Tensor reset = (own[0] + back[0]).sigmoid();
                    Tensor update = (own[1] + back[1]).sigmoid();
                    resets[t] = recorder?.Own(reset.detach()) ?? reset;
                    h = (1 - update) * (own[2] + reset * back[2]).tanh() + update * h;
                    break;
                default:
                    Tensor sum = steps[t] + recurrent;
                    h = settings.Relu ? sum.relu() : sum.tanh();
                    break;
            }

            outputs[t] = h;
        }

        return (stack(outputs), h, c);
    }

    // x (T, N, in), δ (T, N, gates), what came before each step and the GRU's resets (N, hidden) a step.
    private IEnumerable<IndexedUse> Uses(string suffix, Tensor x, Tensor delta, Tensor[] before, Tensor[] resets)
    {
        Tensor given = delta.transpose(0, 1);
        Tensor recurrent = given;
        if (Module is GRU)
        {
            Tensor[] gates = given.chunk(3, 2);
            recurrent = cat([gates[0], gates[1], gates[2] * stack(resets, 1)], 2);
        }

        return
        [
            .. Use("weight_ih" + suffix, () => new OuterUse(x.transpose(0, 1), given)),
            .. Use("bias_ih" + suffix, () => Biases.OfLast(given)),
            .. Use("weight_hh" + suffix, () => new OuterUse(stack(before, 1), recurrent)),
            .. Use("bias_hh" + suffix, () => Biases.OfLast(recurrent)),
        ];
    }
}
