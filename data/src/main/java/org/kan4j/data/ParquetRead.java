// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;

/** Calls of the library that reads Parquet, whose failures become sentences about the file. */
final class ParquetRead {

    private static final Pattern JAVAS_OWN = Pattern.compile("Exception|Error|Cannot |because |cannot be cast|zero|^-?\\d+$");
    /** The library says the file's name before a sentence, and who calls does so too. */
    private static final Pattern NAME = Pattern.compile("^\\[[^\\]]*\\] ");

    private ParquetRead() {
    }

    /** What the library throws about a file, whatever its type, is about the file. */
    static <T> T guard(Path path, Callable<T> work) {
        try {
            return work.call();
        } catch (DataException e) {
            throw e;
        } catch (Exception | StackOverflowError e) {
            throw DataException.isInterrupted(e) ? new DataException("cannot read " + path + ": the thread was interrupted", e)
                    : damaged(path, reason(e), e);
        } catch (OutOfMemoryError e) {
            throw new DataException("cannot read " + path + " as Parquet: what it says it holds needs more memory than Java has; "
                    + "-Xmx16g, say, gives more, unless it is damaged", e);
        } catch (LinkageError e) {
            throw Spool.missingLibrary(path, e);
        }
    }

    static DataException damaged(Path path, String what, Throwable cause) {
        return new DataException("cannot read " + path + " as Parquet: " + what + "; it may be damaged or truncated", cause);
    }

    /** In words; what Java says of its own operations helps nobody. */
    private static String reason(Throwable e) {
        boolean own = e.getMessage() == null || e instanceof NullPointerException || e instanceof IndexOutOfBoundsException
                || e instanceof StackOverflowError || JAVAS_OWN.matcher(e.getMessage()).find();
        return own ? "its parts do not fit together" : NAME.matcher(e.getMessage()).replaceFirst("");
    }
}
