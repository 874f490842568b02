using System.Text.Json;
using Presage.Runs.Rankings;
using Xunit;

namespace Presage.Tests;

/// <summary><c>presage judge</c> as its user meets it.</summary>
public sealed class JudgeCommandTests : IDisposable
{
    private const string Head = "# hyperparameters: lr, width, data\n# measures: right, -mirrored, wrong\n# baselines: width_only\n# test_examples: 10000\n# a remark: of any kind\n";

    private const string Names = "name,data,lr,width,seed,train_error,test_error,right,mirrored,wrong,width_only\n";

    private readonly TestFolder _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void A_table_whose_answers_are_known_gets_them()
    {
        Write("networks.csv", Head + Names + Rows());
        var (exit, output, _) = PresageProcess.Run(_test.Path, ["judge", ".", "--json", "--bootstrap", "200", "--min-pairs", "4", "--out", "page"]);
        Assert.Equal(0, exit);
        using var document = JsonDocument.Parse(output);
        JsonElement root = document.RootElement;
        Assert.Equal("presage.judge/1", root.GetProperty("schema").GetString());
        Assert.Equal((16, 8, 2), (root.GetProperty("networks").GetInt32(), root.GetProperty("settings").GetInt32(), root.GetProperty("seeds").GetInt32()));
        JsonElement[] measures = [.. root.GetProperty("measures").EnumerateArray()];
        JsonElement Gap(string name) => measures.Single(each => each.GetProperty("name").ValueEquals(name)).GetProperty("gap");
        double Psi(string name) => Gap(name).GetProperty("granulated").GetProperty("psi").GetDouble();
        double Worst(string name) => Gap(name).GetProperty("sign_error").GetProperty("worst").GetProperty("error").GetDouble();
        Assert.Equal([1, 1, -1, 0], new[] { "right", "mirrored", "wrong", "width_only" }.Select(Psi));
        Assert.Equal([0, 0, 1, 0.5], new[] { "right", "mirrored", "wrong", "width_only" }.Select(Worst));
        Assert.Equal(["predicts", "predicts", "wrong_way", "chance"], new[] { "right", "mirrored", "wrong", "width_only" }.Select(name => Gap(name).GetProperty("verdict").GetString()));
        Assert.Equal("wrong", measures[^1].GetProperty("name").GetString());

        // The error does not depend on the width: lr alone has environments, all its pairs are sure, 2 widths times 4 pairs of seeds.
        JsonElement worst = Gap("wrong").GetProperty("sign_error").GetProperty("worst");
        Assert.Equal(("lr", 8), (worst.GetProperty("hyperparameter").GetString(), worst.GetProperty("pairs").GetInt32()));
        string page = File.ReadAllText(Path.Combine(_test.Path, "page", RefereePage.FileName));
        Assert.Contains("2 of 3 measures rank the gap better than the best baseline, width_only", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"http", page, StringComparison.Ordinal);
    }

    [Fact]
    public void People_read_what_was_judged_and_what_was_left_out()
    {
        Write("t.csv", Head + Names + Rows().Replace("0.11,-0.11", ",-0.11", StringComparison.Ordinal));
        var (exit, output, error) = PresageProcess.Run(_test.Path, ["judge", "t.csv", "--bootstrap", "100", "--min-pairs", "4", "--out", "page"]);
        Assert.Equal((0, ""), (exit, error));
        Assert.Contains("16 networks of 8 settings, 2 seeds.", output, StringComparison.Ordinal);
        Assert.Contains("that never do, and say nothing: data.", output, StringComparison.Ordinal);
        Assert.Contains("right was not computed for 2 networks", output, StringComparison.Ordinal);
        Assert.Contains("Hoeffding weights", output, StringComparison.Ordinal);
        Assert.Contains("wrong: ranks the gap the wrong way round (Ψ -1.00 [-1.00, -1.00]); better than a coin in 0 of 6 environments", output, StringComparison.Ordinal);
        var again = PresageProcess.Run(_test.Path, ["judge", "t.csv", "--out", "page"]);
        Assert.Equal(2, again.Exit);
        Assert.Contains("holds something already", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Networks_that_are_not_to_be_included_are_counted_and_need_no_errors()
    {
        Write("t.csv", "# hyperparameters: lr\n# measures: mu\n# include: reached\nlr,test_error,train_error,mu,reached\n1,0.1,0,2,1\n2,0.2,0,3,1\n3,,,,0\n");
        var (exit, output, error) = PresageProcess.Run(_test.Path, ["judge", "t.csv", "--json", "--out", "page"]);
        Assert.True(exit == 0, error);
        using var document = JsonDocument.Parse(output);
        Assert.Equal((2, 1), (document.RootElement.GetProperty("networks").GetInt32(), document.RootElement.GetProperty("left_out").GetInt32()));
        Assert.Contains("1 more is left out, as the table says (include)", File.ReadAllText(Path.Combine(_test.Path, "page", RefereePage.FileName)), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_declare_and_win_over_the_file()
    {
        Write("t.csv", Head + Names.Replace("train_error", "fit", StringComparison.Ordinal).Replace("width_only", "\"width, only\"", StringComparison.Ordinal) + Rows());
        var (exit, output, error) = PresageProcess.Run(
            _test.Path,
            ["judge", "t.csv", "--json", "--bootstrap", "0", "--train-error", "fit", "--measures", "wrong, \"width, only\"", "--baselines", "right", "--test-examples", "5000", "--out", "page"]);
        Assert.True(exit == 0, error);
        using var document = JsonDocument.Parse(output);
        Assert.Equal(
            ["random", "right", "width, only", "wrong"],
            document.RootElement.GetProperty("measures").EnumerateArray().Select(each => each.GetProperty("name").GetString()!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void An_option_narrows_what_the_file_declares_and_remarks_may_have_colons()
    {
        Write("t.csv", "# source: https://example.org/table\n# note: mine\n" + Head + Names + Rows());
        var (exit, output, error) = PresageProcess.Run(_test.Path, ["judge", "t.csv", "--json", "--bootstrap", "0", "--measures=-mirrored", "--out", "page"]);
        Assert.True(exit == 0, error);
        using var document = JsonDocument.Parse(output);
        Assert.Equal(["mirrored", "random", "width_only"], document.RootElement.GetProperty("measures").EnumerateArray().Select(each => each.GetProperty("name").GetString()!).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("# hyperparameters: lr\n# measures: mu\n", "lr,test_error,train_error,mu\n1,0.1,0,2\n\"2,0.2,0,3\n3,0.2,0,4\n", "up to line 6: expected quotes around a whole cell and doubled inside it, but got '\"2,0.2,0,3·3,0.2,0,4")]
    [InlineData("", "lr,test_error,train_error,mu\n1,0.1,0,2\n2,0.2,0,3\n", "does not say what these columns are: lr, mu; declare each as one of hyperparameters, measures, baselines or ignore")]
    [InlineData("# measures: mu\n", "lr,test_error,train_error,mu\n1,0.1,0,2\n2,0.2,0,3\n", "these columns are: lr;")]
    [InlineData("# hyperparameters: lr\n# measures: nu\n", "lr,test_error,train_error,mu\n1,0.1,0,2\n2,0.2,0,3\n", "declares 'nu' as measures, but t.csv has no such column: did you mean 'mu'?")]
    [InlineData("# hyperparameters: lr\n# mesures: mu\n", "lr,test_error,train_error,mu\n1,0.1,0,2\n2,0.2,0,3\n", "line 2: the role 'mesures' is unknown: did you mean 'measures'?")]
    [InlineData("# hyperparameters: lr, mu\n# measures: mu\n", "lr,test_error,train_error,mu\n1,0.1,0,2\n2,0.2,0,3\n", "declares the column 'mu' as hyperparameters and as measures")]
    [InlineData("# hyperparameters: lr\n# measures: mu\n", "lr,train_error,mu\n1,0,2\n2,0,3\n", "has no column for test_error")]
    [InlineData("# hyperparameters: lr\n", "lr,test_error,train_error\n1,0.1,0\n2,0.2,0\n", "declares no measures")]
    [InlineData("# measures: mu\n", "test_error,train_error,mu\n0.1,0,1\n0.1,0,2\n", "declares no hyperparameters")]
    [InlineData("# hyperparameters: lr\n# measures: mu\n", "lr,test_error,train_error,mu\n1,0.1,0,2\n2,x,0,3\n", "line 5, column 'test_error': expected a share from 0 to 1, but got 'x'")]
    [InlineData("# hyperparameters: lr\n# measures: mu\n", "lr,test_error,train_error,mu\n1,0.1,0,2\n2,0.2,-0.1,3\n", "line 5, column 'train_error': expected a share from 0 to 1, but got '-0.1'")]
    [InlineData("# hyperparameters: lr\n# measures: mu\n", "lr,test_error,train_error,mu\n1,0.1,0,NaN\n2,0.2,0,3\n", "line 4, column 'mu': expected a finite number, or nothing where it was not computed, but got 'NaN'")]
    [InlineData("# hyperparameters: lr\n# measures: mu\n", "lr,test_error,train_error,mu\n,0.1,0,1\n2,0.2,0,3\n", "line 4, column 'lr': expected a value, but got nothing")]
    [InlineData("# hyperparameters: lr\n# measures: mu\n", "lr,test_error,train_error,mu\n1,0.1,0,2\n\"2\",0.2,0\n", "line 5: expected 4 cells, one a column, but got 3")]
    [InlineData("# hyperparameters: lr\n# measures: mu\n", "lr,test_error,train_error,mu,mu\n1,0.1,0,2,1\n", "line 3: there are two columns 'mu'")]
    [InlineData("# hyperparameters: lr\n# measures: mu\n", "lr,test_error,train_error,mu\n1,0.1,0,2\n", "holds 1 networks; expected 2")]
    [InlineData("# hyperparameters: lr\n# measures: mu\n# include: ok\n", "lr,test_error,train_error,mu,ok\n1,0.1,0,2,1\n2,0.2,0,3,0\n", "holds 1 networks with 1 in column 'ok', which says whether they are included; expected 2")]
    [InlineData("# hyperparameters: lr\n# measures: mu\n# include: ok\n", "lr,test_error,train_error,mu,ok\n1,0.1,0,2,1\n2,0.2,0,3,yes\n", "line 6, column 'ok': expected 1 or 0, but got 'yes'")]
    [InlineData("", "", "has no line of column names")]
    public void A_wrong_table_is_refused_in_a_sentence(string head, string rows, string sentence)
    {
        Write("t.csv", head + rows);
        var file = Path.Combine(_test.Path, "t.csv");
        BadInput(() => Cli.Studies.NetworkTableFile.Read(file, new Cli.Studies.NetworkTableRoles("The command line", new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal))), sentence.Replace("t.csv", file, StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_not_there_is_said_with_exit_code_2()
    {
        Assert.Equal(
            (2, "presage: The folder '.' holds no networks.csv; expected one as 'presage zoo' writes it, or the path of a table." + Environment.NewLine),
            PresageProcess.Run(_test.Path, ["judge", "."]) is var (exit, _, error) ? (exit, error) : default);
    }

    private static void BadInput(Action action, string sentence) => Assert.Contains(sentence, Assert.Throws<Cli.BadInputException>(action).Message, StringComparison.Ordinal);

    // lr 1 to 4 by width 8 and 16 by seeds; the error is 0.1·lr + 0.01·seed, that of the fit 0, and what ranks by the width ties where lr changes.
    private static string Rows() => string.Concat(
        from lr in Enumerable.Range(1, 4)
        from width in (int[])[8, 16]
        from seed in (int[])[1, 2]
        let error = FormattableString.Invariant($"{(0.1 * lr) + (0.01 * seed):0.00}")
        select FormattableString.Invariant($"\"n, {lr}\",toy,{lr},{width},{seed},0,{error},{error},-{error},-{error},{width}\n"));

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_test.Path, name), text);
}
