using System.Runtime.CompilerServices;
using System.Text;
using Presage.Cli;
using TorchSharp;
using Xunit;

namespace Presage.Tests;

public class PlatformTests
{
    [ModuleInitializer]
    internal static void ShareTheCores() => LibTorch.Prepare();

    private static readonly byte[] NewSymbol = Encoding.ASCII.GetBytes("_ZSt21ios_base_library_initv\0");
    private static readonly byte[] NewVersion = [0x42, 0xf8, 0x97, 0x02, 0, 0, 7, 0, 0x11, 0x11, 0, 0, 0x10, 0, 0, 0];
    private static readonly byte[] OldVersion = [0x74, 0x29, 0x92, 0x08, 0, 0, 9, 0, 0x22, 0x22, 0, 0, 0, 0, 0, 0];

    [Fact]
    public void TorchSharp_loads_and_computes() => Assert.Equal(4f, torch.ones(2, 2).sum().item<float>());

    [Fact]
    public void The_patch_asks_for_the_older_symbol_and_version_and_changes_nothing_else()
    {
        byte[] library = [1, 2, .. NewSymbol, .. NewVersion, 3, .. OldVersion, 4];
        byte[] before = [.. library];
        byte[] patched = PatchLibTorchSharp.Patch(library);
        Assert.Equal(before, library);
        byte[] oldSymbol = Encoding.ASCII.GetBytes("_ZNSt8ios_base4InitC1Ev".PadRight(NewSymbol.Length, '\0'));
        byte[] version = [.. OldVersion[..4], .. NewVersion[4..8], .. OldVersion[8..12], .. NewVersion[12..]];
        Assert.Equal([1, 2, .. oldSymbol, .. version, 3, .. OldVersion, 4], patched);
    }

    [Fact]
    public void A_file_that_is_not_the_known_library_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => PatchLibTorchSharp.Patch(new byte[100]));
        Assert.Throws<InvalidDataException>(() => PatchLibTorchSharp.Patch([.. NewSymbol, .. NewSymbol, .. NewVersion, .. OldVersion]));
        Assert.Throws<InvalidDataException>(() => PatchLibTorchSharp.Patch([.. NewSymbol, .. NewVersion, .. OldVersion, .. OldVersion]));
        Assert.Throws<InvalidDataException>(() => PatchLibTorchSharp.Patch([.. NewSymbol, .. OldVersion]));
    }
}
