package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.OtherInstallationException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.Journal.JournalProgress;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** The stream of a bucket in memory, as one runtime sees it. */
final class MemoryJournal implements Journal {

  private final MemoryBucket bucket;
  private final List<Runnable> nudgeActions = new CopyOnWriteArrayList<>();
  private final List<Consumer<JournalProgress>> progressActions = new CopyOnWriteArrayList<>();

  MemoryJournal(MemoryBucket bucket) {
    this.bucket = bucket;
  }

  @Override
  public String name() {
    return bucket.name();
  }

  @Override
  public void requireOwn() {
    bucket.requireOwn(bucket.unchecked());
  }

  @Override
  public boolean adopt(Optional<UUID> present) {
    UUID bears = bucket.stream().adopt(present, bucket.connection().installation());
    if (!bears.equals(bucket.connection().installation())) {
      throw OtherInstallationException.ofBucket(
          bucket.name(), bears, bucket.connection().installation());
    }
    return true;
  }

  @Override
  public String subject(StateKey key) {
    return bucket.unchecked().subject(key);
  }

  @Override
  public BucketState state() {
    return bucket.stream().state(bucket.connection().now());
  }

  @Override
  public JournalReader read(JournalRange range) {
    return Cursor.open(bucket.stream(), range, bucket.connection());
  }

  @Override
  public void nudge() {
    bucket.connection().checkHot();
    bucket.owner().nudge(bucket.name());
  }

  @Override
  public void onNudge(Runnable action) {
    nudgeActions.add(action);
  }

  /** Runs the actions that follow a nudge. */
  void nudged() {
    nudgeActions.forEach(Runnable::run);
  }

  @Override
  public void tellProgress(JournalProgress progress) {
    bucket.connection().checkHot();
    bucket.owner().tellProgress(bucket.name(), bucket.connection().installation(), progress);
  }

  @Override
  public void onProgress(Consumer<JournalProgress> action) {
    progressActions.add(action);
  }

  /** A runtime of the installation told how far it is. */
  void progressed(UUID installation, JournalProgress progress) {
    if (bucket.connection().installation().equals(installation)) {
      progressActions.forEach(action -> action.accept(progress));
    }
  }
}
