using System.Numerics;
using System.Runtime.Intrinsics;
using Presage.Numerics;

namespace Presage.Tests;

/// <summary>The kinds of vectors that kernels may be made of, whatever the machine prefers.</summary>
public enum VectorKind
{
    OneNumber,
    Bits128,
    Bits256,
    Preferred,
    Bits512,
}

/// <summary>Numbers one by one.</summary>
internal readonly unsafe struct OneLane<T> : ILanes<T, T>
    where T : unmanaged, INumber<T>
{
    public static int Count => 1;

    public static T Zero => T.Zero;

    public static T Load(T* source) => *source;

    public static T Broadcast(T* source) => *source;

    public static void Store(T vector, T* destination) => *destination = vector;

    public static T Add(T left, T right) => left + right;

    public static T Subtract(T left, T right) => left - right;

    public static T Multiply(T left, T right) => left * right;

    public static T Divide(T left, T right) => left / right;

    public static T MultiplyAdd(T left, T right, T addend) => left * right + addend;

    public static T Sqrt(T vector) => T.CreateChecked(Math.Sqrt(double.CreateChecked(vector)));

    public static T WhereLess(T left, T right, T first, T second) => left < right ? first : second;

    public static T Min(T left, T right) => left < right ? left : right;

    public static T Max(T left, T right) => left > right ? left : right;

    public static T Sign(T vector) => T.CreateChecked(T.Sign(vector));
}

/// <summary>Vectors of 128 bits.</summary>
internal readonly unsafe struct Lanes128<T> : ILanes<Vector128<T>, T>
    where T : unmanaged
{
    public static int Count => Vector128<T>.Count;

    public static Vector128<T> Zero => Vector128<T>.Zero;

    public static Vector128<T> Load(T* source) => Vector128.Load(source);

    public static Vector128<T> Broadcast(T* source) => Vector128.Create(*source);

    public static void Store(Vector128<T> vector, T* destination) => vector.Store(destination);

    public static Vector128<T> Add(Vector128<T> left, Vector128<T> right) => left + right;

    public static Vector128<T> Subtract(Vector128<T> left, Vector128<T> right) => left - right;

    public static Vector128<T> Multiply(Vector128<T> left, Vector128<T> right) => left * right;

    public static Vector128<T> Divide(Vector128<T> left, Vector128<T> right) => left / right;

    public static Vector128<T> MultiplyAdd(Vector128<T> left, Vector128<T> right, Vector128<T> addend) => left * right + addend;

    public static Vector128<T> Sqrt(Vector128<T> vector) => Vector128.Sqrt(vector);

    public static Vector128<T> WhereLess(Vector128<T> left, Vector128<T> right, Vector128<T> first, Vector128<T> second) =>
        Vector128.ConditionalSelect(Vector128.LessThan(left, right), first, second);

    public static Vector128<T> Min(Vector128<T> left, Vector128<T> right) => Vector128.MinNative(left, right);

    public static Vector128<T> Max(Vector128<T> left, Vector128<T> right) => Vector128.MaxNative(left, right);

    public static Vector128<T> Sign(Vector128<T> vector) => throw new NotSupportedException();
}

/// <summary>Vectors of 256 bits.</summary>
internal readonly unsafe struct Lanes256<T> : ILanes<Vector256<T>, T>
    where T : unmanaged
{
    public static int Count => Vector256<T>.Count;

    public static Vector256<T> Zero => Vector256<T>.Zero;

    public static Vector256<T> Load(T* source) => Vector256.Load(source);

    public static Vector256<T> Broadcast(T* source) => Vector256.Create(*source);

    public static void Store(Vector256<T> vector, T* destination) => vector.Store(destination);

    public static Vector256<T> Add(Vector256<T> left, Vector256<T> right) => left + right;

    public static Vector256<T> Subtract(Vector256<T> left, Vector256<T> right) => left - right;

    public static Vector256<T> Multiply(Vector256<T> left, Vector256<T> right) => left * right;

    public static Vector256<T> Divide(Vector256<T> left, Vector256<T> right) => left / right;

    public static Vector256<T> MultiplyAdd(Vector256<T> left, Vector256<T> right, Vector256<T> addend) => left * right + addend;

    public static Vector256<T> Sqrt(Vector256<T> vector) => Vector256.Sqrt(vector);

    public static Vector256<T> WhereLess(Vector256<T> left, Vector256<T> right, Vector256<T> first, Vector256<T> second) =>
        Vector256.ConditionalSelect(Vector256.LessThan(left, right), first, second);

    public static Vector256<T> Min(Vector256<T> left, Vector256<T> right) => Vector256.MinNative(left, right);

    public static Vector256<T> Max(Vector256<T> left, Vector256<T> right) => Vector256.MaxNative(left, right);

    public static Vector256<T> Sign(Vector256<T> vector) => throw new NotSupportedException();
}
