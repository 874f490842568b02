using System.Text.Json;
using Presage.Cli.Views;
using Presage.Data;
using Presage.Examples;
using Presage.Runs.Labels;
using StbImageSharp;
using Xunit;

namespace Presage.Tests;

public class LabelsReportTests
{
    private static readonly ImageSet Images = new("tiny", 3, 1, 2, [.. Enumerable.Range(0, 18).Select(i => (byte)(i * 10))], [0, 0, 0], 3);

    [Fact]
    public void The_csv_has_a_line_an_example_the_most_suspicious_first()
    {
        Assert.Equal(
            """
            rank,index,label,network_label,network_probability,class,network_class,planted,mean_margin,mean_probability,mean_loss,last_margin,last_loss,times_right,first_right,learned,times_forgotten,gradient_norm,agreement
            1,30,0,1,0.952574127,zero & more,one,1,-3,0.0474258732,3.04858735,-3,3.04858735,0,11,11,10,2,-0.5
            2,20,0,1,0.731058579,zero & more,one,0,-1,0.268941421,1.31326169,-1,1.31326169,0,11,11,10,,
            3,10,0,0,0.880797078,zero & more,zero & more,0,2,0.880797078,0.126928011,2,0.126928011,1,1,1,0,,

            """.ReplaceLineEndings("\n"),
            LabelsCsv.Of(Report(planted: true)));
        Assert.StartsWith(
            "rank,index,label,network_label,network_probability,class,network_class,mean_margin", LabelsCsv.Of(Report(planted: false)), StringComparison.Ordinal);
    }

    [Fact]
    public void Images_of_a_folder_are_named_by_their_files()
    {
        LabelsReport report = Report(planted: false, ["train/zero/a.png", "train/zero/b, \"c\".png", "train/zero/<d>.png"]);
        string[] lines = LabelsCsv.Of(report).Split('\n');
        Assert.StartsWith("rank,index,file,label,network_label", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("1,30,train/zero/<d>.png,0,1,", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("2,20,\"train/zero/b, \"\"c\"\".png\",0,1,", lines[2], StringComparison.Ordinal);
        Assert.Contains("1. train/zero/&lt;d&gt;.png", LabelsPage.Render(report, Images, 2), StringComparison.Ordinal);
        using var document = JsonDocument.Parse(LabelsDocument.Of(report, "folder", 2));
        Assert.Equal("train/zero/<d>.png", document.RootElement.GetProperty("most_suspicious")[0].GetProperty("file").GetString());
    }

    [Fact]
    public void The_page_shows_the_most_suspicious_images_with_their_labels_marks_planted_ones_and_loads_nothing()
    {
        string page = LabelsPage.Render(Report(planted: true), Images, 2);
        Assert.Equal(2, Count(page, "<figure"));
        Assert.Equal(1, Count(page, "<figure class=\"planted\""));
        Assert.Equal(2, Count(page, "src=\"data:image/png;base64,"));
        Assert.Contains("given: zero &amp; more", page, StringComparison.Ordinal);
        Assert.Contains("network: one", page, StringComparison.Ordinal);
        Assert.Contains("AUROC", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"http", page, StringComparison.Ordinal);
        Assert.Equal(page, LabelsPage.Render(Report(planted: true), Images, 2));
        Assert.DoesNotContain("AUROC", LabelsPage.Render(Report(planted: false), Images, 2), StringComparison.Ordinal);
        Assert.DoesNotContain("<img", LabelsPage.Render(Report(planted: true), null, 2), StringComparison.Ordinal);
    }

    [Fact]
    public void A_picture_in_the_page_has_the_image_s_pixels()
    {
        string uri = ImagePng.DataUri(Images, 1)!;
        ImageResult read = ImageResult.FromMemory(Convert.FromBase64String(uri[(uri.IndexOf(',', StringComparison.Ordinal) + 1)..]), ColorComponents.RedGreenBlue);
        Assert.Equal((2, 1), (read.Width, read.Height));
        Assert.Equal([60, 80, 100, 70, 90, 110], read.Data);
    }

    [Fact]
    public void The_document_has_what_the_scores_earned_and_the_most_suspicious_examples()
    {
        LabelsReport report = Report(planted: true);
        using var document = JsonDocument.Parse(LabelsDocument.Of(report, "folder", 2));
        var root = document.RootElement;
        Assert.Equal("presage.labels/1", root.GetProperty("schema").GetString());
        Assert.Equal(1 / 3.0, root.GetProperty("planted_share").GetDouble(), 1e-12);
        Assert.Equal("mean_margin", root.GetProperty("scores")[0].GetProperty("name").GetString());
        Assert.Equal(1, root.GetProperty("scores")[0].GetProperty("auroc").GetDouble());
        Assert.Equal(1, root.GetProperty("scores")[0].GetProperty("precision").GetDouble());
        Assert.Equal([30, 20], root.GetProperty("most_suspicious").EnumerateArray().Select(e => e.GetProperty("index").GetInt32()));
        Assert.True(root.GetProperty("wrong_label_share").TryGetProperty("separation", out _));
        Assert.Equal(report.Share.Estimate is null ? JsonValueKind.Null : JsonValueKind.Array, root.GetProperty("wrong_label_share").GetProperty("interval").ValueKind);
    }

    [Fact]
    public void A_share_of_nothing_is_not_sold_as_certainty()
    {
        WrongLabelShare none = new(0, new(0, 0.021), null, []);
        Assert.Contains("up to 2.1 % of all", LabelsWords.Share(none), StringComparison.Ordinal);
        Assert.Contains("20.0 %", LabelsWords.Share(none with { Estimate = 0.2, Range = new(0.19, 0.21) }), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_right_and_wrong_do_not_separate_no_share_is_named() =>
        Assert.StartsWith("No estimate", LabelsWords.Share(new(null, null, 1.4, [])), StringComparison.Ordinal);

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private static LabelsReport Report(bool planted, string[]? files = null)
    {
        ExampleRecord[] records =
        [
            LabelSamples.Record(0, 2),
            LabelSamples.Record(1, -1),
            LabelSamples.Record(2, -3) with { Gradients = new GradientTrace(1, 2, 2, -0.5, -0.5) },
        ];
        return new LabelsReport(
            RunSamples.Setup, ["zero & more", "one", "two"], records, [10, 20, 30], files, planted ? [false, false, true] : null, WrongLabelShare.Of(records, 1), new(10, 30, 1, 0.5), null);
    }
}
