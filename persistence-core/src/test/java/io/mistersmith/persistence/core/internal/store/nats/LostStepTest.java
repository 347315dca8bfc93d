package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.EntryMetadata.StepPlace;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.HotWrites.Outgoing;
import io.mistersmith.persistence.spi.hot.Operation;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How many questions the search for a large step costs. */
class LostStepTest {

  private final List<String> asked = new ArrayList<>();
  private final HotReads reads =
      (HotReads)
          Proxy.newProxyInstance(
              LostStepTest.class.getClassLoader(),
              new Class<?>[] {HotReads.class},
              (proxy, method, arguments) -> {
                asked.add(method.getName());
                return method.getName().equals("getAll") ? Map.of() : null;
              });
  private final PersistenceException lost =
      new TransientPersistenceException(DataError.TIMEOUT, "no acknowledgement");

  private void find(Duration left) {
    List<Outgoing> step =
        IntStream.rangeClosed(1, 1_000)
            .mapToObj(
                i ->
                    new Outgoing(
                        StateKey.of(AgentId.external("agent"), "k" + i),
                        Operation.PUT,
                        new byte[] {'1'},
                        EntryMetadata.NONE.inStep("id", new StepPlace(i, 1_000)),
                        HotWrites.ANY))
            .toList();
    assertThatThrownBy(
            () ->
                new LostStep(reads)
                    .find(step, "id", () -> "write", lost, System.nanoTime() + left.toNanos()))
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.OUTCOME_UNKNOWN));
  }

  @Test
  void asksForAllKeysTogetherAndTwice() {
    find(Duration.ofSeconds(20));
    assertThat(asked).containsExactly("getAll", "getAll");
  }

  @Test
  void asksNothingAfterTheDeadline() {
    find(Duration.ZERO);
    assertThat(asked).isEmpty();
  }
}
