using Presage.Numerics;

namespace Presage.Gradients.Uses;

/// <summary>What is made of one parameter's gradients that are products of deltas and values, without storing them.</summary>
internal interface IProductSums
{
    /// <summary>Adds products whose entries begin at <paramref name="firstEntry"/> of the parameter.</summary>
    /// <param name="shape">Sizes of the products, and how the deltas lie.</param>
    /// <param name="values">Values.</param>
    /// <param name="positions">Where the positions begin among an example's values.</param>
    /// <param name="entries">Where the entries are from there.</param>
    /// <param name="deltas">Deltas.</param>
    /// <param name="firstEntry">The first entry of the parameter that is added to.</param>
    void AddProducts(in ProductShape shape, ProductOperand values, int[] positions, int[] entries, ProductOperand deltas, long firstEntry);
}
