using System;
using System.IO;
using System.Text;

/// <summary>
/// Writes a copy of TorchSharp's native Linux library that needs GLIBCXX_3.4 where the original needs GLIBCXX_3.4.32. One symbol is behind
/// that need, GCC 13's "initialise the standard streams"; <c>std::ios_base::Init</c>'s constructor does the same and exists everywhere.
/// </summary>
public sealed class PatchLibTorchSharp : Microsoft.Build.Utilities.Task
{
    [Microsoft.Build.Framework.Required]
    public string Source { get; set; } = "";

    [Microsoft.Build.Framework.Required]
    public string Destination { get; set; } = "";

    public override bool Execute()
    {
        try
        {
            byte[] patched = Patch(File.ReadAllBytes(Source));
            Directory.CreateDirectory(Path.GetDirectoryName(Destination)!);
            string aside = Destination + "." + Guid.NewGuid().ToString("N");
            File.WriteAllBytes(aside, patched);
            File.Delete(Destination);
            File.Move(aside, Destination);
            return true;
        }
        catch (Exception e) when (e is IOException || e is UnauthorizedAccessException || e is InvalidDataException)
        {
            Log.LogError("Cannot make a LibTorchSharp for older Linux systems from '{0}': {1}", Source, e.Message);
            return false;
        }
    }

    /// <summary>The patched bytes; the argument is left as it is.</summary>
    /// <exception cref="InvalidDataException">The file is not the one this patch was made for.</exception>
    public static byte[] Patch(byte[] library)
    {
        byte[] patched = (byte[])library.Clone();
        byte[] newSymbol = Encoding.ASCII.GetBytes("_ZSt21ios_base_library_initv\0");
        byte[] oldSymbol = Encoding.ASCII.GetBytes("_ZNSt8ios_base4InitC1Ev".PadRight(newSymbol.Length, '\0'));
        int symbol = OnlyIndexOf(library, newSymbol, "the symbol std::ios_base_library_init");
        Array.Copy(oldSymbol, 0, patched, symbol, oldSymbol.Length);

        // Elf64_Vernaux: hash (4 bytes), flags (2), version index (2), name offset (4), next (4). The index stays, the version asked for changes.
        int newVersion = OnlyIndexOf(library, BitConverter.GetBytes(0x0297f842), "the need for GLIBCXX_3.4.32");
        int oldVersion = OnlyIndexOf(library, BitConverter.GetBytes(0x08922974), "the need for GLIBCXX_3.4");
        Array.Copy(library, oldVersion, patched, newVersion, 4);
        Array.Copy(library, oldVersion + 8, patched, newVersion + 8, 4);
        return patched;
    }

    private static int OnlyIndexOf(byte[] data, byte[] pattern, string what)
    {
        int found = -1;
        for (int i = 0; i <= data.Length - pattern.Length; i++)
        {
            int k = 0;
            while (k < pattern.Length && data[i + k] == pattern[k])
            {
                k++;
            }

            if (k < pattern.Length)
            {
                continue;
            }

            if (found >= 0)
            {
                throw new InvalidDataException(what + " occurs more than once.");
            }

            found = i;
        }

        return found >= 0 ? found : throw new InvalidDataException(what + " does not occur.");
    }
}
