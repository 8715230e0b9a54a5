// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import org.kan4j.error.KanException;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Schedule;

/**
 * A loss or a schedule of an application's own, of which a checkpoint holds only the name: whoever resumes gives it again.
 *
 * @param what it is: loss or schedule
 * @param name of the class
 */
record Absent(String what, String name) implements Loss.Custom, Schedule.Custom {

    /** Whether this stands for it. */
    boolean isFor(Object value) {
        return what.equals("loss") ? value instanceof Loss.Custom loss && loss.name().equals(name)
                : value instanceof Schedule.Custom schedule && schedule.name().equals(name);
    }

    /** What is said where it is needed. */
    KanException refusal() {
        return KanException.invalid("the training to resume has a %s of its own, %s, which no checkpoint holds; give it to "
                + "Trainer.resume(...).%s(...)", what, name, what);
    }

    @Override
    public double row(double[] prediction, double[] target, double[] gradient) {
        throw refusal();
    }

    @Override
    public double factor(Schedule.Position at) {
        throw refusal();
    }

    @Override
    public String toString() {
        return name;
    }
}
