package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.resilience.Window;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.BucketState;
import io.mistersmith.persistence.spi.EntryMetadata;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.JournalRange;
import io.mistersmith.persistence.spi.JournalReader;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.ReadFrom;
import io.nats.client.api.StreamInfo;
import io.nats.client.api.StreamState;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One bucket on NATS. */
final class NatsBucket implements HotBucket {

  private static final Logger log = LoggerFactory.getLogger(NatsBucket.class);

  private final Bucket bucket;
  private final BucketOpener opener;
  private final NatsLink link;
  private final BucketStream stream;
  private final BucketReads reads;
  private final BucketWrites writes;
  private final Evictions evictions;
  private final KeyListing listing;
  private final KeySubjects keySubjects;
  private final Nudges nudges;
  private final boolean expectsReplicas;
  private volatile boolean hasReplicas;
  private volatile Duration maxAge;

  private NatsBucket(
      Bucket bucket,
      BucketOpener opener,
      NatsLink link,
      StreamInfo info,
      PersistenceConfig config,
      ServerClock clock,
      Window window,
      Nudges nudges) {
    this.bucket = bucket;
    this.opener = opener;
    this.link = link;
    this.stream =
        BucketStream.of(
            opener.fullName(bucket),
            info,
            BucketPlan.mayEndMessages(bucket, config.bucket(bucket)));
    this.reads = new BucketReads(link, stream);
    this.writes =
        new BucketWrites(link, stream, config.bucket(bucket).maxValueBytes(), clock, window, reads);
    this.evictions = new Evictions(link, stream);
    this.keySubjects = new KeySubjects(link, stream);
    this.listing = new KeyListing(link, stream, keySubjects, reads);
    this.nudges = nudges;
    this.maxAge = maxAge(info);
    // Another process may add those that are missing: until this one has seen it, what it reads is
    // not to come from a replica that lags.
    this.expectsReplicas = opener.expectsReplicas(bucket);
    this.hasReplicas = expectsReplicas || stream.replicas() > 1;
    link.watchOver(stream.stream());
  }

  static NatsBucket open(
      Bucket bucket,
      BucketOpener opener,
      NatsLink link,
      PersistenceConfig config,
      ServerClock clock,
      Window window,
      Nudges nudges) {
    NatsBucket opened =
        new NatsBucket(bucket, opener, link, opener.open(bucket), config, clock, window, nudges);
    if (!clock.isKnown()) {
      JournalConsumer.askTime(link, opened.stream, clock);
    }
    return opened;
  }

  @Override
  public String name() {
    return stream.bucket();
  }

  @Override
  public String subject(StateKey key) {
    return stream.subjectPrefix() + KeyEncoding.encode(key);
  }

  /** Also makes the bucket again when somebody has deleted it. */
  @Override
  public BucketState state() {
    StreamInfo info = opener.look(bucket);
    hasReplicas = expectsReplicas || info.getConfiguration().getReplicas() > 1;
    noteMaxAge(maxAge(info));
    StreamState state = info.getStreamState();
    return new BucketState(
        info.getCreateTime().toInstant(),
        state.getFirstSequence(),
        state.getLastSequence(),
        state.getMsgCount(),
        state.getByteCount(),
        state.getSubjectCount());
  }

  private static Duration maxAge(StreamInfo info) {
    return Objects.requireNonNullElse(info.getConfiguration().getMaxAge(), Duration.ZERO);
  }

  private void noteMaxAge(Duration found) {
    if (found.equals(maxAge)) {
      return;
    }
    maxAge = found;
    if (bucket == Bucket.AGENT_STATE && !found.isZero()) {
      log.error(
          "Bucket {} was changed: it now expires its entries after {}, flushed or not, and"
              + " acknowledged writes will be lost. Run: nats stream edit {} --max-age=0",
          stream.bucket(),
          found,
          stream.stream());
    } else {
      log.warn("Bucket {} was changed: its maximum age is {} now", stream.bucket(), found);
    }
  }

  @Override
  public Duration maxAge() {
    return maxAge;
  }

  @Override
  public boolean hasReplicas() {
    return hasReplicas;
  }

  @Override
  public int maxValueBytes() {
    return writes.maxValueBytes();
  }

  @Override
  public long publish(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    return writes.publish(key, operation, value, metadata, expectedSequence);
  }

  @Override
  public CompletableFuture<Long> publishAsync(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    return writes.publishAsync(key, operation, value, metadata, expectedSequence);
  }

  @Override
  public Optional<HotEntry> get(StateKey key, ReadFrom from) {
    return reads.get(key, from);
  }

  @Override
  public CompletableFuture<Optional<HotEntry>> getAsync(StateKey key, ReadFrom from) {
    return reads.getAsync(key, from, link.requestTimeout());
  }

  @Override
  public Map<StateKey, HotEntry> getAll(Collection<StateKey> keys, ReadFrom from) {
    return reads.getAll(keys, from);
  }

  @Override
  public List<HotEntry> list(String agent, String prefix) {
    return listing.list(agent, prefix);
  }

  @Override
  public CompletableFuture<Set<StateKey>> keysAsync(String agent) {
    return keySubjects.find(agent);
  }

  @Override
  public CompletableFuture<Void> evict(String subject, long throughSequence) {
    return evictions.evict(subject, throughSequence);
  }

  @Override
  public void evictAgent(String agent, long throughSequence) {
    evictions.evictAgent(agent, throughSequence);
  }

  @Override
  public JournalReader read(JournalRange range) {
    return NatsJournalReader.open(link, stream, range);
  }

  @Override
  public void nudge() {
    nudges.nudge(stream.bucket());
  }

  @Override
  public void onNudge(Runnable action) {
    nudges.onNudge(stream.bucket(), action);
  }
}
