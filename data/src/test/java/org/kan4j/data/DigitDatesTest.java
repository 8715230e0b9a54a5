// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.encoding.Encoding;

/** Dates without marks between their parts: numbers to a reader, and steps of 8870 from one year's end to the next one's begin. */
class DigitDatesTest {

    @TempDir
    private Path folder;

    private TableSet learn(String cells, String target) throws IOException {
        List<String> lines = new ArrayList<>(List.of("day,x,y"));
        String[] days = cells.split(" ");
        for (int i = 0; i < 40; i++) {
            lines.add(days[i % days.length] + "," + i * 7 % 40 + "," + (i * 3 % 40 + 0.5));
        }
        return TableSet.learn(Table.open(Files.write(folder.resolve("t.csv"), lines)), new TableSet.Options(target, null,
                Set.of(), Set.of(), Encoding.Missing.FILL, 0.2, 1));
    }

    @ParameterizedTest
    @CsvSource({"20240131 20240229 19000101 21001231, YYYYMMDD, 20240131", "202401 202412 190001 210012, YYYYMM, 202401",
        "2024022923 2024013100, YYYYMMDDHH, 2024022923", "202402292359 202401310000, YYYYMMDDHHMM, 202402292359",
        "20240229235959 20240131000000, YYYYMMDDHHMMSS, 20240229235959", "31012024 1122023, DDMMYYYY, 31012024",
        "12312024 1312023, MMDDYYYY, 12312024", "20240131.0 NA 20240201.0, YYYYMMDD, 20240131"})
    void aColumnOfDatesInDigitsIsNoted(String cells, String form, String example) throws IOException {
        TableSet set = learn(cells, "y");
        String dates = "'day' has dates in digits (" + form + "), such as " + example
                + ", and is taken as a number, of which the steps from date to date are uneven; write them as days since a date";
        assertThat(set.notes()).contains(dates + ", or drop=day leaves them out");
        assertThat(set.encoding().columns().getFirst()).as("and taken as it was").isInstanceOf(Encoding.Numeric.class);
        if (!cells.contains("NA")) {
            assertThat(set.encoding().columns()).hasSize(2);
        }
    }

    /** One number that is no day makes numbers of all, and one number alone is not called dates. */
    @ParameterizedTest
    @ValueSource(strings = {"20240131 20240230", "20240131 20241301", "20240131 20240100", "20240131 20240001",
        "18991231 20240131", "21010101 20240131", "202400 202401", "202413 202401", "2024022924 2024013100",
        "202402292360 202401310000", "20240229235960 20240131000000", "32012024 1122023", "31132024 1122023",
        "20240131.5 20240201",
        "-20240131 20240201", "20240131 202401", "20240131 20240131", "1e300 20240131", "120240131 20240131"})
    void otherNumbersAreNot(String cells) throws IOException {
        assertThat(learn(cells, "y").notes()).noneMatch(note -> note.contains("dates in digits"));
    }

    @Test
    void aTargetOfDatesIsNotedWithoutAdviceToLeaveItOut() throws IOException {
        assertThat(learn("20240131 20240201 20240301", "day").notes())
                .contains("'day' has dates in digits (YYYYMMDD), such as 20240131, and is taken as a number, of which the steps "
                        + "from date to date are uneven; write them as days since a date");
    }

    @Test
    void askedForAsCategoriesTheyAre() throws IOException {
        Path file = Files.writeString(folder.resolve("c.csv"), "day,y\n20240131,1\n20240201,2\n20240131,3\n20240201,4\n");
        TableSet set = TableSet.learn(Table.open(file), new TableSet.Options("y", null, Set.of(), Set.of("day"),
                Encoding.Missing.REFUSE, 0, 1));
        assertThat(set.notes()).noneMatch(note -> note.contains("dates in digits"));
    }
}
