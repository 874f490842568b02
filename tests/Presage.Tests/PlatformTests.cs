using TorchSharp;
using Xunit;

namespace Presage.Tests;

public class PlatformTests
{
    [Fact]
    public void TorchSharp_loads_and_computes() => Assert.Equal(4f, torch.ones(2, 2).sum().item<float>());

    [Fact]
    public void A_file_that_is_not_the_known_library_is_refused() =>
        Assert.Throws<InvalidDataException>(() => PatchLibTorchSharp.Patch(new byte[100]));
}
