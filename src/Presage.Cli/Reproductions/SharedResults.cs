using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Presage.Runs;

namespace Presage.Cli.Reproductions;

/// <summary>
/// Results that several reproductions need, so that what one has measured no other measures again: a file each, found by what was measured. A file that is
/// damaged, or of something else, is as none.
/// </summary>
/// <param name="folder">Their folder, which need not exist.</param>
internal sealed class SharedResults(string folder)
{
    /// <summary>Where they are kept, under the folder that the program is run in.</summary>
    public const string UsualFolder = "presage-runs/shared";

    /// <summary>What is kept of a measurement; null where there is nothing.</summary>
    /// <param name="key">All that the result depends on, in words.</param>
    public KeptSetting? Find(string key)
    {
        try
        {
            return JsonSerializer.Deserialize<SharedResult>(File.ReadAllText(PathOf(key)), Reproduction.Json) is { } found
                && string.Equals(found.Key, key, StringComparison.Ordinal)
                ? new KeptSetting(found.Seconds, found.Result)
                : null;
        }
        catch (Exception exception) when (exception is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps a measurement's result, or does not where the folder cannot be written to: another reproduction will measure it again then.</summary>
    public void TryKeep(string key, double seconds, string result)
    {
        using var json = JsonDocument.Parse(result);
        try
        {
            Directory.CreateDirectory(folder);
            WholeFile.Write(PathOf(key), JsonSerializer.Serialize(new SharedResult(key, seconds, json.RootElement), Reproduction.Json));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Nothing depends on it.
        }
    }

    private string PathOf(string key) => Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..24] + ".json");

    private sealed record SharedResult(string Key, double Seconds, JsonElement Result);
}
