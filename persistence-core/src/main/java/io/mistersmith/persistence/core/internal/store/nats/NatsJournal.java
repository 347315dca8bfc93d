package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Window;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.Journal.JournalProgress;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.nats.client.Connection;
import io.nats.client.api.StreamInfo;
import io.nats.client.api.StreamState;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/** The stream of one bucket on NATS. */
final class NatsJournal implements Journal {

  private final Bucket bucket;
  private final BucketOpener opener;
  private final NatsLink link;
  private final BucketStream stream;
  private final StreamOwner owner;
  private final StreamSettings settings;
  private final Signals signals;

  private NatsJournal(
      Bucket bucket,
      BucketOpener opener,
      NatsLink link,
      BucketStream stream,
      StreamOwner owner,
      StreamSettings settings,
      Signals signals) {
    this.bucket = bucket;
    this.opener = opener;
    this.link = link;
    this.stream = stream;
    this.owner = owner;
    this.settings = settings;
    this.signals = signals;
  }

  /** Opens a bucket: creates it if it does not exist, and checks that it can be used. */
  static HotBucket open(
      Bucket bucket,
      BucketOpener opener,
      NatsLink link,
      PersistenceConfig config,
      ServerClock clock,
      Window window,
      Signals signals) {
    String name = opener.fullName(bucket);
    StreamOwner owner = StreamOwner.ofBucket(link, name, opener.installation());
    Connection over = link.connection();
    StreamInfo info = opener.open(bucket);
    owner.saw(info.getConfiguration(), over);
    BucketStream stream =
        BucketStream.of(name, info, BucketPlan.mayEndMessages(bucket, config.bucket(bucket)));
    StreamSettings settings = new StreamSettings(bucket, name, opener.expectsReplicas(bucket));
    settings.first(info.getConfiguration());
    BucketReads reads = new BucketReads(link, stream, owner, settings);
    BucketWrites writes =
        new BucketWrites(
            link, stream, owner, config.bucket(bucket).maxValueBytes(), clock, window, reads);
    link.watchOver(stream.stream());
    if (!clock.isKnown()) {
      JournalConsumer.askTime(link, stream, clock);
    }
    return new HotBucket(
        reads, writes, new NatsJournal(bucket, opener, link, stream, owner, settings, signals));
  }

  @Override
  public String name() {
    return stream.bucket();
  }

  @Override
  public String subject(StateKey key) {
    return stream.subjectPrefix() + KeyEncoding.encode(key);
  }

  /** Recreates the bucket, too, if it was deleted. */
  @Override
  public BucketState state() {
    Connection over = link.connection();
    StreamInfo info = opener.look(bucket);
    owner.saw(info.getConfiguration(), over);
    settings.saw(info.getConfiguration());
    StreamState state = info.getStreamState();
    return new BucketState(
        RestoreMark.of(info.getConfiguration())
            .map(RestoreMark::at)
            .orElseGet(() -> info.getCreateTime().toInstant()),
        state.getFirstSequence(),
        state.getLastSequence(),
        state.getMsgCount(),
        state.getByteCount(),
        state.getSubjectCount(),
        info.getConfiguration().getReplicas() > 1,
        InstallationMark.of(info.getConfiguration()));
  }

  @Override
  public boolean adopt(Optional<UUID> present) {
    boolean adopted = opener.adopt(bucket, present);
    var unused = state();
    return adopted;
  }

  @Override
  public void requireOwn() {
    owner.requireOwn();
  }

  @Override
  public JournalReader read(JournalRange range) {
    return NatsJournalReader.open(link, stream, range);
  }

  @Override
  public void nudge() {
    signals.nudge(stream.bucket());
  }

  @Override
  public void onNudge(Runnable action) {
    signals.onNudge(stream.bucket(), action);
  }

  @Override
  public void tellProgress(JournalProgress progress) {
    signals.tellProgress(stream.bucket(), progress);
  }

  @Override
  public void onProgress(Consumer<JournalProgress> action) {
    signals.onProgress(stream.bucket(), action);
  }
}
