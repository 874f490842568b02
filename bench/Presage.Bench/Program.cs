using Presage.Bench;
foreach (var (name, make) in Cases.All.Where(c => args.Length == 0 || args.Contains(c.Name)))
{
    Console.Error.WriteLine(name);
    Console.WriteLine(Ratios.Of(make(), 10));
}
