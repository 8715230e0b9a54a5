// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.encoding.Encoding;
import org.kan4j.formula.Expression;

/** A formula that is kept with the encoding of its columns, and what {@code formula --verify} makes of rows. */
class FormulaFileTest {

    @TempDir
    private Path folder;

    /** y = 2 x + 3 where the kind is odd. */
    private Path formula(Encoding.Missing missing, Encoding.Unseen unseen) throws IOException {
        Encoding encoding = new Encoding("t.csv", List.of(new Encoding.Numeric("x", 0, 10, 4, List.of(), false),
                new Encoding.Categorical("kind", List.of("even", "odd"))), new Encoding.Value("y", 5, 2), missing, unseen);
        Path file = folder.resolve("f.json");
        new FormulaFile("y", Expression.parse("2*x + 3*`kind=odd`"), encoding).write(file);
        return file;
    }

    private Path rows(String text) throws IOException {
        return Files.writeString(folder.resolve("rows.csv"), "x,kind,y\n" + text);
    }

    @Test
    void comesBackAsItWas() throws IOException {
        FormulaFile back = FormulaFile.read(formula(Encoding.Missing.FILL, Encoding.Unseen.UNKNOWN));
        assertThat(back.target()).isEqualTo("y");
        assertThat(back.encoding().unseen()).isEqualTo(Encoding.Unseen.UNKNOWN);
        assertThat(back.raw().missing()).isEqualTo(Encoding.Missing.FILL);
        assertThat(back.raw().unseen()).isEqualTo(Encoding.Unseen.UNKNOWN);
        assertThat(back.raw().columns().getFirst()).isEqualTo(new Encoding.Numeric("x", -1, 1, 4, List.of(), false));
        assertThat(back.predict(new double[] {0.5, 0, 1, 2, 1, 0})).containsExactly(4, 4);
    }

    @Test
    void aKindThatTrainingHadNotIsVerifiedAsItIsPredicted() throws IOException {
        Path unknown = formula(Encoding.Missing.REFUSE, Encoding.Unseen.UNKNOWN);
        Path rows = rows("1,even,2\n2,odd,8\n3,strange,7\n4,even,8\n"); // off by 0, 1, 1 and 0
        assertThat(Cli.succeed("formula", unknown, "--verify", rows).out()).isEqualTo(
                Cli.succeed("formula", unknown).out() + "RMSE 0.7071, deviation of the target 2.487\n");
        Path refusing = formula(Encoding.Missing.REFUSE, Encoding.Unseen.REFUSE);
        Cli.refuse(new String[] {"row 3 (line 4), column 'kind'", "'strange'"}, "formula", refusing, "--verify", rows);
    }

    @Test
    void aMissingNumberIsItsMean() throws IOException {
        Path filling = formula(Encoding.Missing.FILL, Encoding.Unseen.REFUSE);
        Path rows = rows(",even,10\n1,even,2\n2,even,4\n4,even,8\n"); // off by 2 as the mean is 4
        assertThat(Cli.succeed("formula", filling, "--verify", rows).out()).contains("RMSE 1.000, deviation of the target 3.162");
        Cli.refuse(new String[] {"row 1 (line 2), column 'x'"}, "formula", formula(Encoding.Missing.REFUSE,
                Encoding.Unseen.REFUSE), "--verify", rows);
    }

    @Test
    void otherJsonIsNone() throws IOException {
        for (String text : List.of("{}", "[]", "{\"format\":\"kan4j formula\"}", "{\"format\":\"kan4j formula\",\"text\":\"x\"}",
                "{\"format\":\"kan4j formula\",\"text\":1,\"encoding\":\"{}\"}",
                "{\"format\":\"other\",\"text\":\"x\",\"encoding\":\"{}\"}", "")) {
            Path file = Files.writeString(folder.resolve("o.json"), text);
            Cli.refuse(new String[] {file + " is no formula.json of kan4j explain"}, "formula", file);
        }
    }
}
