// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Reader;
import java.io.Writer;
import java.lang.ref.Cleaner;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.kan4j.error.Counted;

/**
 * A file that can be read at random places: the one given or, where that is a pipe, compressed, or a text in another encoding
 * than UTF-8, a temporary copy, which goes when nobody reads it any more.
 */
final class Spool {

    private static final Cleaner CLEANER = Cleaner.create();
    private static final int LOOK = 512;
    /** Where an archive of tar says that it is one. */
    private static final int TAR = 257;
    private static final int DEVICE = 0x2000;
    private static final int KIND = 0xf000;

    /** How files begin that people take for tables, and what to do with them. */
    private static final Map<String, String> OTHERS = new LinkedHashMap<>();

    static {
        OTHERS.put("504b0304", "a zip archive, a workbook of Excel (.xlsx) or weights of PyTorch (.pt); unpack it, "
                + "save the sheet as CSV, or read the weights by Weights.read");
        OTHERS.put("8002", "a pickle of Python; write the table as CSV or Parquet");
        OTHERS.put("8004", "a pickle of Python; write the table as CSV or Parquet");
        OTHERS.put("8005", "a pickle of Python; write the table as CSV or Parquet");
        OTHERS.put("d0cf11e0", "a workbook of Excel (.xls); save the sheet as CSV");
        OTHERS.put("425a68", "compressed with bzip2; unpack it, or compress it with gzip");
        OTHERS.put("28b52ffd", "compressed with Zstandard; unpack it, or compress it with gzip");
        OTHERS.put("fd377a585a", "compressed with xz; unpack it, or compress it with gzip");
        OTHERS.put("377abcaf271c", "a 7-Zip archive; unpack it");
        OTHERS.put("04224d18", "compressed with LZ4; unpack it, or compress it with gzip");
        OTHERS.put("4152524f57310000", "an Arrow (Feather) file; write it as Parquet");
        OTHERS.put("4645413100", "a Feather file; write it as Parquet");
        OTHERS.put("50415245", "an encrypted Parquet file; write it without encryption");
        OTHERS.put("4f626a01", "an Avro file; write it as Parquet");
        OTHERS.put("53514c69746520666f726d6174", "an SQLite database; write the table as CSV or Parquet");
        OTHERS.put("894844460d0a1a0a", "an HDF5 file; write the table as CSV or Parquet");
        OTHERS.put("934e554d5059", "a NumPy array; write it as CSV or safetensors");
        OTHERS.put("255044462d", "a PDF document");
        OTHERS.put("3c7374617461", "a file of Stata; write it as CSV or Parquet");
        OTHERS.put("24464c32", "a file of SPSS; write it as CSV or Parquet");
        OTHERS.put("484541444552205245434f52442a2a", "a transport file of SAS; write it as CSV or Parquet");
        OTHERS.put("4f5243", "an ORC file; write it as Parquet");
        OTHERS.put("3c7461626c65", "a web page's table; write it as CSV");
        OTHERS.put("3c3f786d6c", "an XML document; write the table as CSV or Parquet");
        OTHERS.put("3c21646f6374797065", "a web page, not the file it links to");
        OTHERS.put("3c21444f4354595045", "a web page, not the file it links to");
        OTHERS.put("3c68746d6c", "a web page, not the file it links to");
        OTHERS.put("76657273696f6e2068747470733a2f2f6769742d6c6673", "a pointer of Git LFS; git lfs pull fetches the file");
    }

    /** A label, and numbers with their places. */
    private static final Pattern LIBSVM = Pattern.compile("[-+\\d.eE]+([ \t]+(qid|\\d+):[-+\\d.eE]+){2,}[ \t]*\\R");

    private final Path file;

    private Spool(Path file) {
        this.file = file;
    }

    /** Where to read. */
    Path file() {
        return file;
    }

    /** Opens a file that is no folder. */
    static Table open(Path given, CsvFormat format) {
        boolean standard = given.toString().equals("-");
        Path shown = standard ? Path.of("standard input") : given;
        if (!standard && !Files.exists(given)) {
            throw new DataException("no such file: " + given);
        }
        try {
            Spool source = standard ? copy(System.in)
                    : Files.isRegularFile(given) ? new Spool(given) : copyOfPipe(given);
            byte[] first = first(source.file);
            while (first.length > 2 && first[0] == 0x1f && first[1] == (byte) 0x8b) {
                source = unpacked(source);
                first = first(source.file);
            }
            return open(shown, source, first, format);
        } catch (EOFException | ZipException e) {
            throw new DataException("cannot read " + shown + ": its gzip data is damaged or truncated", e);
        } catch (IOException e) {
            throw new DataException("cannot read " + shown + ": " + DataException.reason(e), e);
        }
    }

    private static Table open(Path shown, Spool source, byte[] first, CsvFormat format) throws IOException {
        String name = shown.getFileName().toString().toLowerCase(Locale.ROOT).replaceFirst("\\.gz$", "");
        boolean csv = !(name.endsWith(".parquet") || startsWith(first, "50415231") || name.endsWith(".safetensors"));
        if (!csv && !format.equals(CsvFormat.FROM_FILE)) {
            throw new DataException(
                    shown + " is no CSV file, for which alone format.separator, format.decimal, format.thousands, "
                            + "format.missing, format.header, format.encoding and format.skipLines are");
        }
        if (name.endsWith(".parquet") && !startsWith(first, "50415231")) {
            throw new DataException(shown + OTHERS.entrySet().stream().filter(other -> startsWith(first, other.getKey()))
                    .findFirst().map(other -> " is " + other.getValue())
                    .orElse(first.length < 4
                            ? " has " + Counted.of(first.length, "byte") + ", too few for a Parquet file; it may be truncated"
                            : " is no Parquet file: it does not begin with PAR1, as these do"));
        }
        if (startsWith(first, "50415231")) {
            try {
                return ParquetTable.open(shown, source);
            } catch (LinkageError e) { // ParquetTable itself does not link without Hardwood
                throw missingLibrary(shown, e);
            }
        }
        if (name.endsWith(".safetensors")) {
            return SafetensorsTable.open(shown, source);
        }
        for (var other : OTHERS.entrySet()) {
            if (startsWith(first, other.getKey())) {
                throw new DataException(shown + " is " + other.getValue());
            }
        }
        if (first.length > TAR + 5 && new String(first, TAR, 5, StandardCharsets.ISO_8859_1).equals("ustar")) {
            throw new DataException(shown + " is a tar archive; unpack it");
        }
        if (isJson(new String(first, StandardCharsets.ISO_8859_1))) {
            throw new DataException(shown + " is JSON; write it as CSV or Parquet, a column for each key");
        }
        String text = new String(first, StandardCharsets.ISO_8859_1);
        if (text.matches("(?is)(%[^\n]*\n|\\s)*@relation\\s.*")) {
            throw new DataException(shown + " is an ARFF file of Weka; save it as CSV");
        }
        if (LIBSVM.matcher(text).lookingAt()) {
            throw new DataException(shown + " is in LIBSVM's sparse format; write it as CSV or Parquet, a column for each index");
        }
        if (first.length > 9 && first[7] == 0 && first[6] == 0 && first[5] == 0 && first[8] == '{') {
            throw new DataException(
                    shown + " is a safetensors file without the name of one; expected a table, in a file that ends "
                            + "in .safetensors if it is one");
        }
        Charset encoding = format.encoding().orElse(encoding(first));
        return CsvTable.open(shown, encoding.equals(StandardCharsets.UTF_8) ? source : decoded(shown, source, encoding), format);
    }

    static DataException missingLibrary(Path path, LinkageError e) {
        return new DataException("cannot read " + path + ": Parquet and its compressions need a library that is not there: "
                + e.getMessage(), e);
    }

    private static boolean startsWith(byte[] bytes, String hex) {
        byte[] start = HexFormat.of().parseHex(hex);
        return bytes.length >= start.length && Arrays.equals(bytes, 0, start.length, start, 0, start.length);
    }

    private static boolean isJson(String text) {
        return text.stripLeading().matches("(?s)(\\{\\s*\"[^\"]*\"\\s*:|\\[\\s*\\{\\s*\"|\\[\\s*\\[).*");
    }

    /** By its byte order mark or, of UTF-16 without one, by the zero byte in each of its first letters; else UTF-8. */
    private static Charset encoding(byte[] first) {
        if (startsWith(first, "fffe0000")) {
            return Charset.forName("UTF-32LE");
        }
        if (startsWith(first, "0000feff")) {
            return Charset.forName("UTF-32BE");
        }
        if (startsWith(first, "fffe")) {
            return StandardCharsets.UTF_16LE;
        }
        if (startsWith(first, "feff")) {
            return StandardCharsets.UTF_16BE;
        }
        if (first.length > 4 && first[0] != 0 && first[1] == 0 && first[2] != 0 && first[3] == 0) {
            return StandardCharsets.UTF_16LE;
        }
        return first.length > 4 && first[0] == 0 && first[1] != 0 && first[2] == 0 && first[3] != 0
                ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_8;
    }

    private static byte[] first(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(LOOK);
        }
    }

    private static Spool copyOfPipe(Path given) throws IOException {
        if (given.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            int mode = (Integer) Files.getAttribute(given, "unix:mode");
            if ((mode & KIND) == DEVICE) {
                throw new DataException(given + " is a device; expected a file, a folder of part files, or a pipe");
            }
        }
        try (InputStream in = Files.newInputStream(given)) {
            return copy(in);
        }
    }

    private static Spool copy(InputStream in) throws IOException {
        Spool copy = temporary();
        try (OutputStream out = Files.newOutputStream(copy.file)) {
            in.transferTo(out);
        }
        return copy;
    }

    private static Spool unpacked(Spool packed) throws IOException {
        try (Members in = new Members(Files.newInputStream(packed.file))) {
            Spool copy = copy(in);
            in.requireEnd();
            return copy;
        }
    }

    /** Members of a gzip file one after the other. Java's class takes whatever is behind one that is no other for the end. */
    private static final class Members extends GZIPInputStream {

        private static final int TRAILER = 8;

        Members(InputStream in) throws IOException {
            super(in, 1 << 16);
        }

        /** Refuses what stands behind the last member, but for zeros that fill a block. */
        void requireEnd() throws IOException {
            byte[] rest = in.readAllBytes();
            int from = Math.min(len, len - inf.getRemaining() + TRAILER);
            boolean padding = true;
            for (int i = from; i < len; i++) {
                padding &= buf[i] == 0;
            }
            for (byte b : rest) {
                padding &= b == 0;
            }
            if (!padding) {
                throw new ZipException("other bytes behind its end");
            }
        }
    }

    private static Spool decoded(Path shown, Spool source, Charset encoding) throws IOException {
        Spool copy = temporary();
        try (Reader in = new InputStreamReader(Files.newInputStream(source.file), encoding.newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT).onUnmappableCharacter(CodingErrorAction.REPORT));
                Writer out = new OutputStreamWriter(Files.newOutputStream(copy.file), StandardCharsets.UTF_8)) {
            in.transferTo(out);
        } catch (CharacterCodingException e) {
            throw new DataException(shown + " is no text in " + encoding + "; format.encoding names another", e);
        }
        return copy;
    }

    private static Spool temporary() throws IOException {
        try {
            return kept(Files.createTempFile("kan4j-", ".data"));
        } catch (IOException e) {
            throw new IOException("it must be copied first, and the temporary folder " + System.getProperty("java.io.tmpdir")
                    + " cannot be written to (-Djava.io.tmpdir=FOLDER names another)", e);
        }
    }

    private static Spool kept(Path copy) {
        copy.toFile().deleteOnExit();
        Spool spool = new Spool(copy);
        CLEANER.register(spool, () -> copy.toFile().delete());
        return spool;
    }
}
