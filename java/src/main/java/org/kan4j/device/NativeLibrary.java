// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.device;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.lang.System.Logger;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.ServiceLoader;
import org.kan4j.error.KanException;
import org.kan4j.error.NativeLibraryException;
import org.kan4j.error.Status;
import org.kan4j.ffi.Kan;
import org.kan4j.ffi.NativeLibraryProvider;
import org.kan4j.ffi.NativeLoader;

/**
 * libkan4j: found and loaded when it is first needed. Looked for, in this order:
 * <ol>
 * <li>the system property {@code kan4j.native.path}: the file or the folder that holds it, nothing else then;
 * <li>the folders of {@code java.library.path};
 * <li>the build folder of a source tree these classes run from;
 * <li>the kan4j-natives jar, extracted once into {@code ~/.cache/kan4j}, or, where there is no home, it cannot be written
 * or nothing may be run from it, into a folder of the user's own in {@code java.io.tmpdir}; into the property {@code
 * kan4j.native.cache} and nowhere else where it is set. There in a folder named by version and SHA-256.
 * </ol>
 */
public final class NativeLibrary {

    private static final Logger LOG = System.getLogger("org.kan4j");
    private static final String FILE_NAME = "libkan4j.so";

    /**
     * What was loaded.
     *
     * @param path of the library
     * @param abiMajor version of its C interface
     * @param abiMinor version of its C interface
     * @param build one line: version, compiler, tiers
     */
    public record Info(Path path, int abiMajor, int abiMinor, String build) {
    }

    private static Info info;
    private static KanException failure;

    private NativeLibrary() {
    }

    /** The version of these classes. */
    public static String version() {
        try (InputStream in = NativeLibrary.class.getResourceAsStream("/org/kan4j/version.properties")) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new KanException(Status.INTERNAL, "cannot read version.properties of the kan4j jar", e);
        }
    }

    /**
     * Loads the library unless that is done.
     *
     * @throws NativeLibraryException if there is none for this platform, or it cannot be loaded, or is of another
     *     version; the message lists what was tried
     */
    public static synchronized Info load() {
        if (info == null) {
            if (failure != null) {
                throw failure;
            }
            try {
                info = loadNow();
            } catch (KanException e) {
                failure = e;
                throw e;
            }
            LOG.log(Level.DEBUG, () -> "kan4j " + version() + ", " + info.path() + ", " + info.build());
        }
        return info;
    }

    /** This platform in the form {@code linux-x86_64}. */
    static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        String family = os.startsWith("windows") ? "windows" : os.startsWith("mac") ? "macos" : os;
        String processor = switch (arch) {
            case "amd64", "x86_64", "x64" -> "x86_64";
            case "arm64" -> "aarch64";
            default -> arch;
        };
        return family + "-" + processor;
    }

    private static Info loadNow() {
        List<String> tried = new ArrayList<>();
        Path library = find(tried);
        if (library == null) {
            library = loadCarried(tried);
        } else {
            try {
                load(library);
            } catch (UnsatisfiedLinkError e) {
                throw new NativeLibraryException(Status.UNSUPPORTED, "cannot load " + library + ": " + e.getMessage()
                        + mountHint(library), e);
            }
        }
        return handshake(library);
    }

    private static void load(Path library) {
        try {
            NativeLoader.load(library);
        } catch (IllegalCallerException e) {
            throw denied(e);
        }
    }

    private static NativeLibraryException denied(Throwable cause) {
        return new NativeLibraryException(Status.UNSUPPORTED, "this VM denies native access to kan4j; start it with "
                + "--enable-native-access=" + moduleName(), cause);
    }

    private static String moduleName() {
        Module module = NativeLoader.class.getModule();
        return module.isNamed() ? module.getName() : "ALL-UNNAMED";
    }

    private static Info handshake(Path library) {
        int version;
        try {
            version = Kan.kan_abi_version();
        } catch (UnsatisfiedLinkError | ExceptionInInitializerError e) {
            if (e.getCause() instanceof IllegalCallerException) {
                throw denied(e.getCause()); // before Java 24 loading is free and calling is not
            }
            throw new NativeLibraryException(Status.ABI_MISMATCH, library + " is not a libkan4j: it has no function "
                    + "kan_abi_version", e);
        }
        int major = version >>> 16;
        int minor = version & 0xffff;
        if (major != Kan.KAN_ABI_MAJOR() || minor < Kan.KAN_ABI_MINOR()) {
            throw new NativeLibraryException(Status.ABI_MISMATCH, String.format(Locale.ROOT,
                    "%s has the interface version %d.%d, kan4j %s needs %d.%d or a later %d.x", library, major, minor,
                    version(), Kan.KAN_ABI_MAJOR(), Kan.KAN_ABI_MINOR(), Kan.KAN_ABI_MAJOR()));
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(1024);
            Kan.kan_build_info(text, text.byteSize());
            return new Info(library, major, minor, text.getString(0));
        }
    }

    /** The library that lies somewhere, or null if only one that a jar carries is left. */
    private static Path find(List<String> tried) {
        String property = System.getProperty("kan4j.native.path");
        if (property != null) {
            Path given = Path.of(property).toAbsolutePath();
            Path library = Files.isDirectory(given) ? given.resolve(FILE_NAME) : given;
            if (!Files.isRegularFile(library)) {
                throw new NativeLibraryException(Status.UNSUPPORTED, "the property kan4j.native.path is " + property
                        + ", but there is no file " + library);
            }
            return library;
        }
        tried.add("property kan4j.native.path (not set)");
        for (String folder : System.getProperty("java.library.path", "").split(java.io.File.pathSeparator)) {
            if (!folder.isEmpty()) {
                Path library = Path.of(folder).toAbsolutePath().resolve(FILE_NAME);
                if (Files.isRegularFile(library)) {
                    return library;
                }
            }
        }
        tried.add("java.library.path");
        Path built = developmentBuild();
        if (built != null) {
            return built;
        }
        tried.add("build folder of a source tree (these classes do not run from one)");
        return null;
    }

    /** Loads the library that a jar on the class path carries from the first folder that will do. */
    private static Path loadCarried(List<String> tried) {
        List<String> carried = new ArrayList<>();
        for (NativeLibraryProvider provider : ServiceLoader.load(NativeLibraryProvider.class,
                NativeLibrary.class.getClassLoader())) {
            if (carries(provider)) {
                if (provider.platform().equals(platform())) {
                    return loadCarried(provider);
                }
                carried.add(provider.platform());
            }
        }
        tried.add(carried.isEmpty() ? "kan4j-natives jar (none on the class path, or built without a library)"
                : "kan4j-natives jars, which are for " + String.join(", ", carried));
        throw new NativeLibraryException(Status.UNSUPPORTED, "no native library of kan4j for this platform, "
                + platform() + "; tried: " + String.join("; ", tried)
                + ". The artifact kan4j-scorer evaluates trained models in plain Java on every platform");
    }

    /** Whether the jar was built with a library for the provider's platform; one that cannot be read says so when loaded. */
    private static boolean carries(NativeLibraryProvider provider) {
        try {
            return provider.sha256(FILE_NAME) != null;
        } catch (IOException e) {
            return true;
        }
    }

    private static Path loadCarried(NativeLibraryProvider provider) {
        List<String> failures = new ArrayList<>();
        Throwable last = null;
        String property = System.getProperty("kan4j.native.cache");
        for (boolean temporary : property != null ? new boolean[] {false} : new boolean[] {false, true}) {
            Path library = null;
            try {
                Path cache = property != null ? Path.of(property).toAbsolutePath() : temporary ? temporaryCache() : homeCache();
                library = extract(provider, cache);
                load(library);
                return library;
            } catch (IOException e) {
                failures.add("cannot extract " + FILE_NAME + ": " + e);
                last = e;
            } catch (UnsatisfiedLinkError e) {
                failures.add("cannot load " + library + ": " + e.getMessage() + mountHint(library));
                last = e;
            }
        }
        throw new NativeLibraryException(Status.UNSUPPORTED, String.join("; ", failures)
                + "; the property kan4j.native.cache names a folder to extract it into", last);
    }

    /** build/libkan4j.so of the source tree whose target/classes holds this class, or null. */
    private static Path developmentBuild() {
        try {
            Path classes = Path.of(NativeLibrary.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            // <root>/java/target/classes or <root>/java/target/kan4j-….jar
            for (Path folder = classes; folder != null; folder = folder.getParent()) {
                if (folder.getFileName() != null && folder.getFileName().toString().equals("target")
                        && folder.getParent() != null && folder.getParent().getParent() != null) {
                    Path root = folder.getParent().getParent();
                    Path library = root.resolve("build").resolve(FILE_NAME);
                    boolean source = Files.isRegularFile(root.resolve("native/include/kan/kan.h"));
                    return source && Files.isRegularFile(library) ? library : null;
                }
            }
            return null;
        } catch (java.net.URISyntaxException | RuntimeException e) {
            return null; // no code source, or one that is not a file: these classes do not run from a source tree
        }
    }

    private static Path homeCache() throws IOException {
        Path home = Path.of(System.getProperty("user.home"));
        if (!home.isAbsolute()) { // "?" where the user has no entry in the list of users
            throw new IOException("there is no home folder");
        }
        return home.resolve(Path.of(".cache", "kan4j"));
    }

    /**
     * A folder in java.io.tmpdir that nobody else can write to, by the number of the user, for there may be no name; one of
     * this process alone where somebody else took the name.
     */
    private static Path temporaryCache() throws IOException {
        Path own = Files.createTempDirectory("kan4j-"); // rwx------, and ours
        Object user = Files.getAttribute(own, "unix:uid");
        Path shared = own.resolveSibling("kan4j-" + user);
        try {
            Files.move(own, shared, StandardCopyOption.ATOMIC_MOVE); // over an empty folder of ours at most
            return shared;
        } catch (IOException taken) {
            boolean ours = Files.isDirectory(shared, LinkOption.NOFOLLOW_LINKS)
                    && Files.getAttribute(shared, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(user)
                    && PosixFilePermissions.toString(Files.getPosixFilePermissions(shared)).equals("rwx------");
            if (ours) {
                Files.delete(own);
            }
            return ours ? shared : own;
        }
    }

    /**
     * Extracts the carried files into a cache, each written beside its place, verified and moved there in one step,
     * so that concurrent processes and crashes leave only whole files.
     */
    private static Path extract(NativeLibraryProvider provider, Path cache) throws IOException {
        Path folder = cache.resolve(version() + "-" + provider.sha256(FILE_NAME));
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(
                    PosixFilePermissions.fromString("rwx------")));
        }
        // The CUDA plugin and its run-time library, where they are carried, stand beside libkan4j, which opens them.
        for (String name : List.of(FILE_NAME, "libkan4j_cuda.so", "libcudart.so.13")) {
            String expected = provider.sha256(name);
            if (expected != null) {
                extractFile(provider, name, expected, folder.resolve(name));
            }
        }
        return folder.resolve(FILE_NAME);
    }

    private static void extractFile(NativeLibraryProvider provider, String name, String expected, Path target)
            throws IOException {
        if (Files.isRegularFile(target) && sha256(target).equals(expected)) {
            return;
        }
        Path sibling = Files.createTempFile(target.getParent(), name, ".part");
        try {
            try (InputStream in = provider.open(name);
                    FileChannel out = FileChannel.open(sibling, StandardOpenOption.WRITE)) {
                in.transferTo(Channels.newOutputStream(out));
                out.force(true);
            }
            String actual = sha256(sibling);
            if (!actual.equals(expected)) {
                throw new IOException(name + " in the jar has the SHA-256 " + actual + ", expected " + expected);
            }
            Files.move(sibling, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(sibling);
        }
    }

    private static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new KanException(Status.INTERNAL, "every Java platform has SHA-256", e);
        }
    }

    private static String mountHint(Path library) {
        try {
            FileStore store = Files.getFileStore(library);
            for (String line : Files.readAllLines(Path.of("/proc/mounts"))) {
                String[] fields = line.split(" ");
                if (fields.length > 3 && store.toString().startsWith(fields[1] + " (")
                        && List.of(fields[3].split(",")).contains("noexec")) {
                    return " (" + fields[1] + " is mounted noexec: set the property kan4j.native.cache to a folder on "
                            + "another file system)";
                }
            }
        } catch (IOException e) {
            return ""; // a hint only
        }
        return "";
    }
}
