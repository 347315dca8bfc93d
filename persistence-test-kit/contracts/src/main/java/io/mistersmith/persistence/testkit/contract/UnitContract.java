package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** The common part of the contracts about units of work. */
public abstract class UnitContract extends DurableContract {

  /** The options of most units. */
  static final SqlOptions OPTIONS = SqlOptions.of("try a unit of work");

  /** For the contracts. */
  UnitContract() {}

  final SqlStore sql() {
    return stores().sql();
  }

  final long save(Agent agent) {
    return sql().agents().save(agent, AgentStore.ANY).version();
  }

  final void assertApplied(SqlUnit unit, JournalPosition previous, StateKey key) {
    JournalPosition next = previous.advancedTo(previous.sequence() + 1, now());
    assertThat(unit.journals().apply(previous, next, List.of(put(key, at(1), "1"))))
        .isInstanceOfSatisfying(
            ApplyResult.Applied.class, applied -> assertThat(applied.refused()).isEmpty());
  }

  static <T> CompletableFuture<T> beside(Supplier<T> call) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                result.complete(call.get());
              } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
              }
            },
            "beside the unit");
    thread.setDaemon(true);
    thread.start();
    return result;
  }

  static void assertHeld(CompletableFuture<?> call) {
    assertThatThrownBy(() -> call.get(200, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
  }
}
