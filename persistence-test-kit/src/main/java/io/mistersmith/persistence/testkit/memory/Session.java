package io.mistersmith.persistence.testkit.memory;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** Runs the statements of stores: each in a transaction of its own, or all in one. */
interface Session {

  /** Runs a statement, which may run several times and has no effect when it throws. */
  <T> T call(Function<? super Tables, ? extends T> statement);

  /** {@link #call} of a statement that reads several rows as they are at one moment. */
  <T> T snapshot(String what, Function<? super Tables, ? extends T> statement);

  /** Runs a part of a call that goes on when the part fails. */
  <T> T attempt(Supplier<? extends T> part);

  /**
   * Runs a call whose parts belong at the end of a transaction, as they hold rows that others wait
   * for: at the end of the call, or just before the commit of a unit.
   */
  default <T> T callWithEnd(BiFunction<? super Tables, Consumer<Consumer<Tables>>, T> statement) {
    return call(
        tables -> {
          List<Consumer<Tables>> parts = new ArrayList<>();
          T result = statement.apply(tables, parts::add);
          parts.forEach(part -> part.accept(tables));
          return result;
        });
  }

  /** The store's time. */
  Instant now();

  /** The installation that was opened. */
  UUID installation();
}
