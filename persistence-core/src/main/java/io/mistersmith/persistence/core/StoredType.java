package io.mistersmith.persistence.core;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.core.internal.base.Background;
import io.mistersmith.persistence.core.internal.base.Window;
import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.core.internal.state.cache.CacheContext;
import io.mistersmith.persistence.core.internal.state.cache.L1;
import io.mistersmith.persistence.core.internal.state.conflict.ResolvingWriter;
import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.core.internal.state.journal.BucketIncarnation;
import io.mistersmith.persistence.core.internal.state.journal.Revisions;
import io.mistersmith.persistence.core.internal.state.large.DescriptionCodec;
import io.mistersmith.persistence.core.internal.state.repository.CollectedStep;
import io.mistersmith.persistence.core.internal.state.repository.InOrder;
import io.mistersmith.persistence.core.internal.state.repository.JsonStateRepository;
import io.mistersmith.persistence.core.internal.state.repository.KeySpace;
import io.mistersmith.persistence.core.internal.state.repository.ResolvingStateRepository;
import io.mistersmith.persistence.core.internal.state.tier.Admission;
import io.mistersmith.persistence.core.internal.state.tier.CommitWaits;
import io.mistersmith.persistence.core.internal.state.tier.KnownRevisions;
import io.mistersmith.persistence.core.internal.state.tier.SqlTier;
import io.mistersmith.persistence.core.internal.state.tier.TieredStore;
import io.mistersmith.persistence.core.internal.state.tier.Tiers;
import io.mistersmith.persistence.core.internal.state.tier.WritesUnderWay;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.HybridClock;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Operations.CacheStats;
import io.mistersmith.persistence.routing.WritePolicy;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.LargeValues.Description;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/**
 * The stores of one type of data, and the parts that its repositories share.
 *
 * @param store the tiers
 * @param commits waits for PostgreSQL
 * @param inOrder keeps the asynchronous writes of a key in order, whichever repository they go by
 * @param window bounds the asynchronous writes that wait for their turn
 */
record StoredType(TieredStore store, Commits commits, InOrder<StateKey> inOrder, Window window) {

  /**
   * Composes a type of data from its policy: of entries in KV, and in PostgreSQL where {@code
   * flushed} brings them there.
   */
  static StoredType compose(EngineContext engine, DataType type, Optional<Flushed> flushed) {
    PersistenceConfig config = engine.config();
    Clock clock = engine.stores().hot().clock();
    Bucket bucket = Bucket.valueOf(config.router().bucket(type).orElseThrow());
    HotBucket opened = engine.owners().open(bucket);
    Journal journal = opened.journal();
    Optional<SqlTier> sql = flushed.map(Flushed::tier);
    KnownRevisions<StateKey> known = new KnownRevisions<>(config.knownRevisions(), clock);
    Revisions revisions =
        flushed.map(Flushed::revisions).orElseGet(() -> new BucketIncarnation(journal));
    CacheContext around =
        new CacheContext(
            journal,
            revisions,
            known::of,
            config.clock(),
            clock,
            config.bucket(bucket).maxAge(),
            sql.map(tier -> tier.use()::read),
            engine.threads().calls(),
            engine.services());
    Tiers tiers =
        new Tiers(
            flushed.map(Flushed::reads).orElse(opened.reads()),
            opened.writes(),
            journal,
            sql,
            revisions,
            known,
            clock,
            engine.listener(),
            engine.threads().calls(),
            new L1<>(config.cache(), config.cache().isOn(type), around),
            engine.services(),
            engine.sealings().of(type));
    Runnable check = flushed.map(Flushed::requireOwn).orElse(journal::requireOwn);
    Commits commits = flushed.map(Flushed::commits).orElse(Commits.NONE);
    Duration commitTimeout = config.postgres().statementTimeout();
    boolean through = config.router().policy(type) == WritePolicy.WRITE_THROUGH;
    TieredStore store =
        new TieredStore(
            tiers,
            new WritesUnderWay("bucket " + journal.name(), check),
            flushed.map(Flushed::admission),
            new CommitWaits(
                commits,
                commitTimeout,
                through,
                new Window(
                    config.nats().maxInFlight(), config.nats().maxInFlightBytes(), commitTimeout),
                engine.threads().commits(),
                engine.threads().calls()),
            engine.window());
    engine.stores().hot().onOutage(tiers.l1()::begin);
    Background verification =
        engine
            .services()
            .onDemand(
                "persistence-verify-" + type,
                "a stream that went back is noticed by the flush only",
                tiers::verifyAfterReconnect);
    verification.start();
    engine.stores().hot().onReconnect(verification::wake);
    return new StoredType(store, commits, new InOrder<>(engine.threads().calls()), engine.window());
  }

  /**
   * The additional parts of a type of data that is flushed to PostgreSQL.
   *
   * @param tier the rows, and the services that move entries between them and KV
   * @param reads reads the bucket, without entries that came back after they were evicted
   * @param revisions translates the journal's sequences into revisions
   * @param requireOwn fails while the bucket and the database are not of one installation
   * @param admission holds writes up while too much waits to be flushed
   * @param commits waits for the flush
   */
  record Flushed(
      SqlTier tier,
      HotReads reads,
      Revisions revisions,
      Runnable requireOwn,
      Admission admission,
      Commits commits) {}

  <T> StateRepository<T> repository(StateType<T> type, HybridClock clock) {
    KeySpace space = new KeySpace(type.name());
    JsonCodec<T> codec = Json.codec(type);
    JsonStateRepository<T> plain =
        new JsonStateRepository<>(store, space, codec, type.timeToLive(), commits);
    return type.rules()
        .<StateRepository<T>>map(rules -> resolving(plain, space, codec, type, rules, clock))
        .orElse(plain);
  }

  /** The repository of the descriptions of large values. */
  StateRepository<Description> descriptions() {
    return new JsonStateRepository<>(
        store, new KeySpace(StateKey.LARGE), new DescriptionCodec(), Optional.empty(), commits);
  }

  private <T> StateRepository<T> resolving(
      JsonStateRepository<T> plain,
      KeySpace space,
      JsonCodec<T> codec,
      StateType<T> type,
      ConflictRules<T> rules,
      HybridClock clock) {
    return new ResolvingStateRepository<>(
        plain,
        space,
        new ResolvingWriter<>(
            store, store.tiers().keyed(codec), rules, clock, store.tiers().listener()),
        type.timeToLive(),
        commits,
        store.tiers().lifetimes(),
        inOrder,
        window);
  }

  CollectedStep.Target stepTarget() {
    return new CollectedStep.Target(store, commits);
  }

  Optional<CacheStats> cacheStats() {
    return store.tiers().l1().stats();
  }

  /** Refuses writes from now on, and stops what follows the bucket's changes. */
  void close() {
    store.underWay().close();
    store.tiers().l1().close();
  }
}
