using System.Reflection;
using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>Fields of a model's own modules, those of TorchSharp left out.</summary>
internal static class ModelFields
{
    /// <summary>The fields of exactly the given types, with what they hold.</summary>
    public static IEnumerable<(FieldInfo Field, nn.Module Owner, object? Value)> Of(IEnumerable<nn.Module> modules, params Type[] types) =>
        from owner in modules
        from field in FieldsOf(owner.GetType())
        where types.Contains(field.FieldType)
        select (field, owner, field.GetValue(owner));

    private static IEnumerable<FieldInfo> FieldsOf(Type? type)
    {
        for (; type is not null && type.Assembly != typeof(nn.Module).Assembly; type = type.BaseType)
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                yield return field;
            }
        }
    }
}
