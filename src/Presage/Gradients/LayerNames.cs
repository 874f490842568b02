using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>How layers are called: by the path of the module that owns the parameters.</summary>
internal static class LayerNames
{
    /// <summary>The name of the module at <paramref name="path"/>; the model itself goes by its type.</summary>
    public static string OfModule(nn.Module model, string path) => path.Length > 0 ? path : model.GetName();

    /// <summary>The name of a parameter of the module at <paramref name="path"/>.</summary>
    public static string Join(string path, string parameter) => path.Length > 0 ? $"{path}.{parameter}" : parameter;

    /// <summary>The name of the module that owns a parameter.</summary>
    public static string OfParameter(nn.Module model, string parameter)
    {
        int dot = parameter.LastIndexOf('.');
        return OfModule(model, dot < 0 ? "" : parameter[..dot]);
    }
}
