package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import java.time.Duration;
import java.util.Optional;

/** A journal reader with faults; it does not survive an outage. */
final class FaultyReader implements JournalReader {

  private final JournalReader real;
  private final Faults faults;
  private final int outagesBefore;

  FaultyReader(JournalReader real, Faults faults) {
    this.real = real;
    this.faults = faults;
    this.outagesBefore = faults.hotOutages();
  }

  @Override
  public Optional<JournalEntry> next(Duration wait) {
    if (faults.hotOutages() != outagesBefore) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, "injected outage: the journal reader lost its place");
    }
    return faults.run(Call.NEXT_ENTRY, () -> real.next(wait));
  }

  @Override
  public long position() {
    return real.position();
  }

  @Override
  public boolean readsAllShards() {
    return real.readsAllShards();
  }

  @Override
  public void close() {
    real.close();
  }
}
