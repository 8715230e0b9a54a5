// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.kan4j.error.KanException;

/**
 * The inputs that a row of the application's own type has: a name and a function for each. Immutable.
 *
 * {@snippet :
 * Columns<Flower> columns = Columns.of(Flower.class).without("species");          // of a record or a bean
 * Columns<Flower> own = Columns.<Flower>of().number("area", f -> f.length() * f.width()).category("site", Flower::site);
 * }
 *
 * @param <R> the type of a row
 */
public final class Columns<R> {

    /** What a column is taken as. */
    enum Kind {
        NUMBER, CATEGORY, BY_VALUE
    }

    /**
     * A column.
     *
     * @param name of the input
     * @param kind what it is taken as
     * @param cell its value in a row; null where there is none
     */
    record Column<R>(String name, Kind kind, Function<? super R, ?> cell) {
    }

    private static final ClassValue<Columns<Object>> REFLECTED = new ClassValue<>() {
        @Override
        protected Columns<Object> computeValue(Class<?> type) {
            return new Columns<>(type.isRecord() ? components(type) : getters(type));
        }
    };

    private final List<Column<R>> all;

    private Columns(List<Column<R>> all) {
        this.all = List.copyOf(all);
    }

    /** No columns yet. */
    public static <R> Columns<R> of() {
        return new Columns<>(List.of());
    }

    /**
     * The components of a record, or the values that the public getters of a bean give, in order of name. Numbers and
     * truth values become numbers, texts and constants of enums categories.
     *
     * @throws KanException if the type has none, or keeps them from this library
     */
    @SuppressWarnings("unchecked")
    public static <R> Columns<R> of(Class<R> type) {
        return (Columns<R>) REFLECTED.get(Objects.requireNonNull(type, "type"));
    }

    /** These and a column of numbers. NaN is a missing value. */
    public Columns<R> number(String name, ToDoubleFunction<? super R> value) {
        Objects.requireNonNull(value, "value");
        return with(new Column<>(name, Kind.NUMBER, value::applyAsDouble));
    }

    /** These and a column of categories, whatever their type. Null is a missing value. */
    public Columns<R> category(String name, Function<? super R, ?> value) {
        return with(new Column<>(name, Kind.CATEGORY, Objects.requireNonNull(value, "value")));
    }

    private Columns<R> with(Column<R> added) {
        Objects.requireNonNull(added.name(), "name");
        if (names().contains(added.name())) {
            throw KanException.invalid("there is a column '%s' already", added.name());
        }
        List<Column<R>> more = new ArrayList<>(all);
        more.add(added);
        return new Columns<>(more);
    }

    /**
     * These without some, such as the target.
     *
     * @throws KanException if a name is none of them
     */
    public Columns<R> without(String... names) {
        for (String name : names) {
            if (!names().contains(name)) {
                throw KanException.invalid("there is no column '%s'; the columns are %s", name, names());
            }
        }
        return new Columns<>(all.stream().filter(column -> !Arrays.asList(names).contains(column.name())).toList());
    }

    /** Their names. */
    public List<String> names() {
        return all.stream().map(Column::name).toList();
    }

    List<Column<R>> all() {
        return all;
    }

    private static List<Column<Object>> components(Class<?> type) {
        List<Column<Object>> columns = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            columns.add(new Column<>(component.getName(), Kind.BY_VALUE, reader(type, component.getAccessor())));
        }
        return columns;
    }

    private static List<Column<Object>> getters(Class<?> type) {
        List<Column<Object>> columns = new ArrayList<>();
        for (Method method : type.getMethods()) {
            int prefix = method.getName().startsWith("get") ? 3 : method.getName().startsWith("is") ? 2 : 0;
            if (prefix > 0 && method.getName().length() > prefix && method.getParameterCount() == 0
                    && !Modifier.isStatic(method.getModifiers()) && method.getDeclaringClass() != Object.class
                    && method.getReturnType() != void.class) {
                String name = method.getName().substring(prefix);
                columns.add(new Column<>(Character.toLowerCase(name.charAt(0)) + name.substring(1), Kind.BY_VALUE,
                        reader(type, method)));
            }
        }
        if (columns.isEmpty()) {
            throw KanException.invalid("%s is no record and has no public getters to take columns from; name them with "
                    + "Columns.of().number(...) and category(...)", type.getName());
        }
        columns.sort(Comparator.comparing(Column::name));
        return columns;
    }

    private static Function<Object, Object> reader(Class<?> type, Method method) {
        if (!method.trySetAccessible()) {
            throw KanException.invalid("%s keeps %s from this library; open its package to org.kan4j, or name the columns "
                    + "with Columns.of().number(...) and category(...)", type.getName(), method.getName());
        }
        return row -> {
            try {
                return method.invoke(row);
            } catch (IllegalAccessException e) {
                throw new IllegalStateException("made accessible above", e);
            } catch (InvocationTargetException e) {
                throw KanException.invalid("%s of a row failed: %s", method.getName(), e.getCause());
            }
        };
    }
}
