// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Means and standard deviations over folds and over seeds, of which there are few: with n - 1. */
class ScoreTest {

    @Test
    void overFolds() {
        CrossValidated.Score score = CrossValidated.Score.of(List.of(1.0, 2.0, 3.0, 6.0));
        assertThat(score.mean()).isEqualTo(3);
        assertThat(score.deviation()).isCloseTo(Math.sqrt(14 / 3.0), within(1e-15));
        assertThat(score.folds()).containsExactly(1.0, 2.0, 3.0, 6.0);
        assertThat(CrossValidated.Score.of(List.of(5.0)).deviation()).isZero();
    }
}
