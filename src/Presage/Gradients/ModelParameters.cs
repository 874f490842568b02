using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>One trainable parameter tensor.</summary>
/// <param name="Name">Its name in the model, the first where it has several.</param>
/// <param name="Layer">The layer it is counted to: the module that owns it.</param>
/// <param name="Module">The innermost module object that owns it; a composite native module for the parameters inside.</param>
/// <param name="Tensor">The parameter.</param>
internal sealed record ModelParameter(string Name, string Layer, nn.Module Module, Parameter Tensor);

/// <summary>The trainable parameters of a model, each once, however many modules share it.</summary>
internal sealed class ModelParameters
{
    private readonly Dictionary<(IntPtr, long), int> _indexOfAddress = [];
    private readonly Dictionary<string, int> _indexOfName = new(StringComparer.Ordinal);

    public ModelParameters(nn.Module model)
    {
        var modules = new Dictionary<string, nn.Module>(StringComparer.Ordinal) { [""] = model };
        foreach (var (path, module) in model.named_modules())
        {
            modules[path] = module;
        }

        Modules = [.. modules.Select(m => (m.Key, m.Value))];
        var all = new List<ModelParameter>();
        foreach (var (name, parameter) in model.named_parameters().Where(p => p.parameter.requires_grad))
        {
            var address = AddressOf(parameter);
            if (!_indexOfAddress.TryGetValue(address, out int index))
            {
                index = all.Count;
                _indexOfAddress.Add(address, index);
                all.Add(new ModelParameter(name, LayerNames.OfParameter(model, name), OwnerOf(name, modules), parameter));
            }

            _indexOfName[name] = index;
        }

        All = all;
        Layers = [.. all.Select(p => p.Layer).Distinct(StringComparer.Ordinal)];
        LayerOf = [.. all.Select(p => Layers.ToList().IndexOf(p.Layer))];
        Owners.UnionWith(all.Select(p => p.Module));
        foreach (var (path, module) in Modules)
        {
            foreach (var (name, parameter) in module.named_parameters(recurse: false).Where(p => p.parameter.requires_grad))
            {
                // Another name of a parameter that is shared, where the model lists it once.
                if (_indexOfAddress.TryGetValue(AddressOf(parameter), out int index))
                {
                    Owners.Add(module);
                    _indexOfName.TryAdd(LayerNames.Join(path, name), index);
                }
            }
        }
    }

    /// <summary>The modules by path, the model itself under the empty path; a module shared by several paths once for each.</summary>
    public IReadOnlyList<(string Path, nn.Module Module)> Modules { get; }

    public IReadOnlyList<ModelParameter> All { get; }

    /// <summary>The layers' names, in the order of statistics.</summary>
    public IReadOnlyList<string> Layers { get; }

    /// <summary>The index of each parameter's layer.</summary>
    public IReadOnlyList<int> LayerOf { get; }

    /// <summary>The modules that hold a trainable parameter, be it shared.</summary>
    public HashSet<nn.Module> Owners { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>The trainable parameter of that name; null where it is frozen or there is none.</summary>
    public int? IndexOf(string name) => _indexOfName.TryGetValue(name, out int index) ? index : null;

    private static nn.Module OwnerOf(string name, Dictionary<string, nn.Module> modules)
    {
        string path = name;
        do
        {
            int dot = path.LastIndexOf('.');
            path = dot < 0 ? "" : path[..dot];
        }
        while (!modules.ContainsKey(path));
        return modules[path];
    }

    // Two parameter objects are one parameter where they are the same memory.
    private static (IntPtr Address, long Size) AddressOf(Parameter parameter)
    {
        if (parameter.numel() == 0)
        {
            return (parameter.Handle, 0);
        }

        IntPtr start = parameter.dtype switch
        {
            ScalarType.Float32 => parameter.storage<float>().data_ptr(),
            ScalarType.Float64 => parameter.storage<double>().data_ptr(),
            _ => parameter.Handle,
        };
        return (start + (nint)(parameter.storage_offset() * parameter.ElementSize), parameter.numel());
    }
}
