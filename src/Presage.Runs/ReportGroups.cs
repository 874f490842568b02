namespace Presage.Runs;

/// <summary>What the report shows of the groups that the measured examples were divided into.</summary>
internal static class ReportGroups
{
    /// <summary>Names of the run's groups, in their order.</summary>
    public static IReadOnlyList<string> Names(RunRecord record) =>
        [.. record.Series.SelectMany(series => series.Points).SelectMany(point => point.Groups ?? []).Select(group => group.Name).Distinct(StringComparer.Ordinal)];

    /// <summary>The charts; none where there are no groups.</summary>
    public static IReadOnlyList<ReportChart> Charts(IReadOnlyList<string> names) => names.Count == 0
        ? []
        :
        [
            new(
                $"Coherence {ReportCharts.OverOrthogonal} by group",
                _ => $"{ReportCharts.OverOrthogonal} (examples of the group)",
                Sizes,
                "How many examples of its own group, itself included, a step on one example helps; 1 when no two gradients of the group have anything in common. It grows with the size of the group: compare groups of different sizes by the next chart. The band is the 95 % interval (jackknife over examples).",
                [.. names.Select(name => new ReportCurve(
                    name, point => Of(point, name)?.Coherence.Network.OverOrthogonal, point => Of(point, name)?.Coherence.Network.Ci95))],
                ReportCharts.Orthogonal,
                ReportScale.Logarithmic),
            new(
                "Coherence α by group, debiased",
                _ => "α (no unit)",
                Sizes,
                "Share of a step of its own that the group's common step leaves an example, with the number of examples taken out: 0 when gradients have nothing in common, 1 when all are alike.",
                [.. names.Select(name => new ReportCurve(
                    name, point => Of(point, name)?.Coherence.Network.AlphaDebiased, point => Of(point, name)?.Coherence.Network.AlphaCi95))]),
            new(
                "Loss by group",
                setup => $"mean loss ({ReportText.Encode(setup.Loss)})",
                Sizes,
                "How far the answers are from the labels that are trained on, in each group.",
                [.. names.Select(name => new ReportCurve(name, point => Of(point, name)?.Loss))],
                Scale: ReportScale.FromZero),
            new(
                "Accuracy by group",
                _ => "share of right answers",
                Sizes,
                "Share of the group's examples answered as their labels say. Groups whose examples have more coherent gradients are learned first; a wrong label is learned by heart.",
                [.. names.Select(name => new ReportCurve(name, point => Of(point, name)?.Accuracy))],
                Scale: ReportScale.FromZero),
        ];

    /// <summary>What the last measuring point has, group by group.</summary>
    public static string FinalValues(RunRecord record)
    {
        var rows = from series in record.Series
                   where series.Points.Count > 0
                   from GroupPoint @group in series.Points[^1].Groups ?? []
                   select $"<tr><td>{ReportText.Encode(series.Name)}, {ReportText.Encode(@group.Name)}</td><td>{ReportText.Count(@group.Examples)}</td>"
                       + $"<td>{ReportText.Number(@group.Loss)}</td><td>{ReportText.Percent(@group.Accuracy)}</td>"
                       + $"<td>{ReportTables.WithInterval(@group.Coherence.Network.OverOrthogonal, @group.Coherence.Network.Ci95)}</td>"
                       + $"<td>{ReportTables.WithInterval(@group.Coherence.Network.AlphaDebiased, @group.Coherence.Network.AlphaCi95)}</td></tr>";
        return $"""
            <div class="panel scroll"><table><thead><tr><th>Group, at the last measuring point</th><th>Examples</th><th>Loss</th><th>Accuracy</th>
            <th>{ReportCharts.OverOrthogonal} with 95 % interval</th><th>α, debiased</th></tr></thead><tbody>{string.Concat(rows)}</tbody></table></div>
            """;
    }

    private static GroupPoint? Of(MeasuringPoint point, string name) =>
        point.Groups?.FirstOrDefault(group => string.Equals(group.Name, name, StringComparison.Ordinal));

    private static string Sizes(RunRecord record)
    {
        IReadOnlyList<GroupPoint> groups = record.Series.SelectMany(series => series.Points).Select(point => point.Groups).OfType<IReadOnlyList<GroupPoint>>().First();
        return $"the m = {ReportText.Count(record.Setup.ProbeExamples)} measured training examples: "
            + string.Join(", ", groups.Select(group => $"{ReportText.Count(group.Examples)} {ReportText.Encode(group.Name)}"));
    }
}
