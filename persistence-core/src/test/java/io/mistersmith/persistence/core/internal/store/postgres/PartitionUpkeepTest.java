package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When the upkeep of time partitions works, and what does not stop it. */
class PartitionUpkeepTest {

  private static final Duration HOUR = Duration.ofHours(1);

  private final Services services = new Services(PersistenceListener.NOOP);
  private final ManualClock clock = ManualClock.create();
  private final Scripted maintenance = new Scripted();
  private final List<PartitionUpkeep> started = new ArrayList<>();

  @AfterEach
  void close() {
    started.forEach(PartitionUpkeep::close);
  }

  @Test
  void worksSoonAfterOpeningAndThenEverySoOften() throws InterruptedException {
    maintenance.tables = List.of(table("a"), table("b"));
    start(HOUR);
    assertThat(maintenance.calls.poll(500, TimeUnit.MILLISECONDS)).isNull();
    clock.advance(Duration.ofSeconds(30));
    assertCalls("s.a", "s.b");
    clock.advance(HOUR.minusSeconds(1));
    assertThat(maintenance.calls.poll(500, TimeUnit.MILLISECONDS)).isNull();
    clock.advance(Duration.ofSeconds(1));
    assertCalls("s.a", "s.b");
  }

  @Test
  void tableThatFailsStopsNeitherTheOthersNorTheNextTurn() throws InterruptedException {
    maintenance.tables = List.of(table("a"), table("gone", false), table("b"));
    maintenance.failures.add(
        new TransientPersistenceException(DataError.CONNECTION_FAILED, "no connection"));
    maintenance.failures.add(new IllegalStateException("a bug"));
    start(HOUR);
    clock.advance(HOUR);
    assertCalls("s.a", "s.b");
    clock.advance(HOUR);
    assertCalls("s.a", "s.b");
  }

  @Test
  void goesOnWhileRowsCanBeMoved() throws InterruptedException {
    maintenance.tables = List.of(table("a"));
    maintenance.outcomes.add(outcome("incomplete", 20_000));
    maintenance.outcomes.add(outcome("incomplete", 20_000));
    maintenance.outcomes.add(outcome("incomplete", 0));
    start(HOUR);
    clock.advance(HOUR);
    assertCalls("s.a", "s.a", "s.a");
    assertThat(maintenance.calls.poll(500, TimeUnit.MILLISECONDS)).isNull();
  }

  @Test
  void leavesASchemaAloneThatKnowsNoPartitions() throws InterruptedException {
    maintenance.available = false;
    maintenance.tables = List.of(table("a"));
    start(HOUR);
    clock.advance(HOUR);
    assertThat(maintenance.asked.poll(60, TimeUnit.SECONDS)).isNotNull();
    clock.advance(HOUR);
    assertThat(maintenance.asked.poll(60, TimeUnit.SECONDS)).isNotNull();
    assertThat(maintenance.calls).isEmpty();
  }

  @Test
  void canBeSwitchedOffAndClosed() throws InterruptedException {
    maintenance.tables = List.of(table("a"));
    start(Duration.ZERO);
    PartitionUpkeep closed = start(HOUR);
    closed.close();
    clock.advance(HOUR.multipliedBy(3));
    assertThat(maintenance.asked.poll(500, TimeUnit.MILLISECONDS)).isNull();
    assertThat(services.names()).isEmpty();
  }

  private PartitionUpkeep start(Duration every) {
    PartitionUpkeep upkeep = new PartitionUpkeep(maintenance, every, clock, services);
    started.add(upkeep);
    upkeep.start();
    return upkeep;
  }

  private void assertCalls(String... tables) throws InterruptedException {
    for (String table : tables) {
      assertThat(maintenance.calls.poll(60, TimeUnit.SECONDS)).isEqualTo(table);
    }
  }

  private static PartitionMaintenance.Table table(String name) {
    return table(name, true);
  }

  private static PartitionMaintenance.Table table(String name, boolean exists) {
    return new PartitionMaintenance.Table("s", name, exists);
  }

  private static PartitionMaintenance.Outcome outcome(String result, long drained) {
    return new PartitionMaintenance.Outcome(result, 0, drained, 0, "");
  }

  /** Returns the prepared outcomes in turn, and "done" when none is left. */
  private static final class Scripted implements PartitionMaintenance {
    final BlockingQueue<String> calls = new LinkedBlockingQueue<>();
    final BlockingQueue<Boolean> asked = new LinkedBlockingQueue<>();
    final ConcurrentLinkedQueue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
    volatile boolean available = true;
    volatile List<Table> tables = List.of();

    @Override
    public boolean available() {
      asked.add(available);
      return available;
    }

    @Override
    public List<Table> tables() {
      return tables;
    }

    @Override
    public Optional<Outcome> maintain(Table table) {
      calls.add(table.toString());
      RuntimeException failure = failures.poll();
      if (failure != null) {
        throw failure;
      }
      Outcome next = outcomes.poll();
      return Optional.of(next == null ? outcome("done", 0) : next);
    }
  }
}
