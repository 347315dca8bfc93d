package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import io.mistersmith.persistence.testkit.memory.OutboxTables.MadeBatch;
import io.mistersmith.persistence.testkit.memory.OutboxTables.NotedChange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The outbox of the set {@code events}. What is committed and in no batch yet, is the next batch.
 */
final class MemoryOutboxStore implements OutboxStore {

  private final Session session;

  MemoryOutboxStore(Session session) {
    this.session = session;
  }

  private <T> T call(Function<Tables, T> statement) {
    return session.call(
        tables -> {
          tables.requireSet("events", "the outbox");
          return statement.apply(tables);
        });
  }

  @Override
  public boolean isInstalled() {
    return session.call(tables -> tables.hasSet("events"));
  }

  @Override
  public Position position() {
    return call(tables -> position(tables.outbox));
  }

  private static Position position(OutboxRows outbox) {
    return outbox.positions.find(0).orElse(new Position(0, Map.of(), Instant.EPOCH));
  }

  @Override
  public Optional<Batch> next() {
    Instant now = session.now();
    return call(
        tables -> {
          long tick = position(tables.outbox).tick() + 1;
          Optional<Batch> made = tables.outbox.batches.find(tick).map(MadeBatch::batch);
          if (made.isPresent()) {
            return made;
          }
          if (tables.isChanged()) {
            throw new NonTransientPersistenceException(
                DataError.MISCONFIGURED,
                "make a batch of the outbox: SQLSTATE 25000, the transaction has written before");
          }
          List<Long> ids = open(tables.outbox).stream().map(OutboxChange::id).toList();
          if (ids.isEmpty()) {
            return Optional.empty();
          }
          Batch batch = new Batch(tick, now);
          tables.outbox.batches.put(tick, new MadeBatch(batch, ids));
          return Optional.of(batch);
        });
  }

  /** What is not done. */
  private static List<OutboxChange> open(OutboxRows outbox) {
    return outbox
        .changes
        .all()
        .filter(noted -> !noted.done())
        .map(NotedChange::change)
        .sorted(Comparator.comparingLong(OutboxChange::id))
        .toList();
  }

  @Override
  public List<OutboxChange> read(Batch batch, long after, Portion portion) {
    return call(
        tables -> {
          List<OutboxChange> read = new ArrayList<>();
          List<Long> ids =
              tables.outbox.batches.find(batch.tick()).map(MadeBatch::ids).orElse(List.of());
          long bytes = 0;
          for (long id : ids) {
            if (id > after && read.size() < portion.changes() && bytes < portion.bytes()) {
              OutboxChange change = tables.outbox.changes.find(id).orElseThrow().change();
              boolean fits = change.size() <= portion.largestPayload();
              bytes += fits ? change.size() : 0;
              read.add(fits ? change : withoutPayload(change));
            }
          }
          return read;
        });
  }

  private static OutboxChange withoutPayload(OutboxChange change) {
    return new OutboxChange(
        change.id(),
        change.transaction(),
        change.kind(),
        change.subject(),
        change.stateKey(),
        change.epoch(),
        change.version(),
        change.tenant(),
        change.at(),
        change.size(),
        Optional.empty());
  }

  @Override
  public boolean done(Batch batch, Map<String, Long> sequences) {
    Instant now = session.now();
    return call(
        tables -> {
          tables.outbox.positions.lock(0);
          Optional<MadeBatch> made = tables.outbox.batches.find(batch.tick());
          if (made.isEmpty() || position(tables.outbox).tick() != batch.tick() - 1) {
            return false;
          }
          tables.outbox.positions.put(0, new Position(batch.tick(), sequences, now));
          for (long id : made.get().ids()) {
            OutboxChange change = tables.outbox.changes.find(id).orElseThrow().change();
            tables.outbox.changes.put(id, new NotedChange(change, true));
          }
          return true;
        });
  }

  @Override
  public Backlog backlog() {
    Instant now = session.now();
    return call(
        tables -> {
          List<OutboxChange> open = open(tables.outbox);
          long bytes = tables.outbox.changes.all().mapToLong(noted -> noted.change().size()).sum();
          Duration lag =
              open.stream()
                  .map(change -> Duration.between(change.at(), now))
                  .max(Duration::compareTo)
                  .orElse(Duration.ZERO);
          return new Backlog(open.size(), bytes, lag);
        });
  }

  @Override
  public int rotate() {
    return call(
        tables -> {
          long done = position(tables.outbox).tick();
          int unused = tables.outbox.batches.removeIf(made -> made.batch().tick() < done);
          return tables.outbox.changes.removeIf(NotedChange::done) == 0 ? 0 : 1;
        });
  }
}
