package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The outbox of the set {@code events}. */
final class MemoryOutboxStore implements OutboxStore {

  private final Session session;

  MemoryOutboxStore(Session session) {
    this.session = session;
  }

  @Override
  public boolean isInstalled() {
    return session.call(tables -> false);
  }

  @Override
  public Position position() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<Batch> next() {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<OutboxChange> read(Batch batch, long after, Portion portion) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean done(Batch batch, Map<String, Long> sequences) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Backlog backlog() {
    throw new UnsupportedOperationException();
  }

  @Override
  public int rotate() {
    throw new UnsupportedOperationException();
  }
}
