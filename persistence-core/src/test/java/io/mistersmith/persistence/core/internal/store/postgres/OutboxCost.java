package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import io.mistersmith.persistence.spi.sql.OutboxStore.Batch;
import io.mistersmith.persistence.spi.sql.OutboxStore.Portion;
import io.mistersmith.persistence.spi.sql.SqlStore;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Measures by hand what the set {@code events} costs the flush, in turns with a database without
 * it, and how fast the outbox is read: {@code OutboxCost ROUNDS ROWS}.
 */
final class OutboxCost {

  private static final int KEYS = 5_000;
  private static final String BUCKET = "COST";

  private final SqlStore sql;
  private final AgentId agent;
  private JournalPosition position;
  private long sequence;

  private OutboxCost(PostgresStore store) {
    sql = store.sql();
    Agent made = Agent.of("cost", "one");
    long unused = sql.agents().save(made, AgentStore.NONE).version();
    agent = made.id();
    position =
        sql.journals().startEpoch(BUCKET, Optional.empty(), 1, Instant.EPOCH, "a measurement");
  }

  /** Flushes rows in batches; returns how many a second. */
  private double flush(int rows, int batch) {
    String text = "x".repeat(900);
    long began = System.nanoTime();
    for (int done = 0; done < rows; done += batch) {
      List<StateChange> changes = new ArrayList<>(batch);
      for (int i = 0; i < batch; i++) {
        sequence++;
        changes.add(
            Changes.put(
                StateKey.of(agent, "key-" + sequence % KEYS),
                ("{\"n\":" + sequence + ",\"text\":\"" + text + "\"}")
                    .getBytes(StandardCharsets.UTF_8),
                1,
                sequence));
      }
      JournalPosition next = position.advancedTo(sequence, Instant.EPOCH);
      Object unused = sql.journals().apply(position, next, changes);
      position = next;
    }
    return rows * 1e9 / (System.nanoTime() - began);
  }

  /** Reads what there is in portions of 1,000; returns how many a second. */
  private double read() {
    OutboxStore outbox = sql.outbox();
    long began = System.nanoTime();
    long read = 0;
    for (Optional<Batch> batch = outbox.next(); batch.isPresent(); batch = outbox.next()) {
      long after = 0;
      List<OutboxChange> portion;
      do {
        portion = outbox.read(batch.get(), after, new Portion(1_000, 1 << 24, 1 << 20));
        read += portion.size();
        after = portion.isEmpty() ? after : portion.get(portion.size() - 1).id();
      } while (!portion.isEmpty());
      boolean unused = outbox.done(batch.get(), Map.of());
    }
    double rate = read * 1e9 / (System.nanoTime() - began);
    int unused = outbox.rotate() + outbox.rotate();
    return rate;
  }

  public static void main(String[] args) {
    int rounds = Integer.parseInt(args[0]);
    int rows = Integer.parseInt(args[1]);
    try (PostgresStore without = PostgresDatabase.create().open();
        PostgresStore with = PostgresDatabase.create("events").open()) {
      OutboxCost plain = new OutboxCost(without);
      OutboxCost noted = new OutboxCost(with);
      for (int batch : new int[] {50, 500}) {
        for (int round = 0; round < rounds; round++) {
          double one = plain.flush(rows, batch);
          double other = noted.flush(rows, batch);
          System.out.printf(
              "batches of %d: without %.0f/s, with %.0f/s, ratio %.2f; read %.0f/s%n",
              batch, one, other, other / one, noted.read());
        }
      }
    }
  }
}
