using System.Runtime.ExceptionServices;

namespace Presage.Kernels;

/// <summary>Loops shared among the processors. What goes wrong in one is the caller's to see, not that it went wrong in parallel.</summary>
internal static class ParallelWork
{
    /// <summary>Does something for each of the numbers from 0.</summary>
    public static void For(long count, Action<long> action) => Unwrapped(() => Parallel.For(0, count, action));

    /// <summary>The same with something that each thread makes once.</summary>
    public static void For<TLocal>(long count, Func<TLocal> make, Action<long, TLocal> action)
        where TLocal : IDisposable => Unwrapped(() => Parallel.For(
            0L,
            count,
            make,
            (index, _, own) =>
            {
                action(index, own);
                return own;
            },
            own => own.Dispose()));

    /// <summary>A function's value of each number.</summary>
    public static T[] Each<T>(double[] values, Func<double, T> function)
    {
        var results = new T[values.Length];
        For(values.Length, i => results[i] = function(values[i]));
        return results;
    }

    private static void Unwrapped(Action work)
    {
        try
        {
            work();
        }
        catch (AggregateException failures)
        {
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }
    }
}
