package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.Journal.JournalProgress;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/** A stream with faults. */
final class FaultyJournal implements Journal {

  private final Journal real;
  private final Faults faults;

  FaultyJournal(Journal real, Faults faults) {
    this.real = real;
    this.faults = faults;
  }

  @Override
  public String name() {
    return real.name();
  }

  @Override
  public String subject(StateKey key) {
    return real.subject(key);
  }

  @Override
  public BucketState state() {
    return faults.run(Call.BUCKET_STATE, real::state);
  }

  @Override
  public boolean adopt(Optional<UUID> present) {
    return faults.run(Call.BUCKET_STATE, () -> real.adopt(present));
  }

  @Override
  public void requireOwn() {
    real.requireOwn();
  }

  @Override
  public JournalReader read(JournalRange range) {
    return faults.run(Call.OPEN_READER, () -> new FaultyReader(real.read(range), faults));
  }

  @Override
  public void nudge() {
    boolean lostAcknowledgement = faults.before(Call.NUDGE);
    real.nudge();
    faults.on(Call.NUDGE).after(lostAcknowledgement);
  }

  @Override
  public void onNudge(Runnable action) {
    real.onNudge(action);
  }

  @Override
  public void tellProgress(JournalProgress progress) {
    boolean lostAcknowledgement = faults.before(Call.NUDGE);
    real.tellProgress(progress);
    faults.on(Call.NUDGE).after(lostAcknowledgement);
  }

  @Override
  public void onProgress(Consumer<JournalProgress> action) {
    real.onProgress(action);
  }
}
