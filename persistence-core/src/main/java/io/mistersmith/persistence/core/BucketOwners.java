package io.mistersmith.persistence.core;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.UnknownEntries;
import io.mistersmith.persistence.core.internal.state.journal.BucketOwner;
import io.mistersmith.persistence.core.internal.state.journal.JournalEvidence;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The buckets of one runtime, each compared with its database when it is first used. Thread-safe.
 */
final class BucketOwners {

  private static final Logger LOG = LoggerFactory.getLogger(BucketOwners.class);

  private final Stores stores;
  private final UnknownEntries policy;
  private final Map<Bucket, BucketOwner> owners = new ConcurrentHashMap<>();

  BucketOwners(Stores stores, UnknownEntries policy) {
    this.stores = stores;
    this.policy = policy;
  }

  /**
   * Returns the bucket, claimed for this database.
   *
   * @throws PersistenceException with {@code MISCONFIGURED} when it is another installation's
   */
  HotBucket open(Bucket bucket) {
    var unused = owner(bucket);
    return stores.hot().bucket(bucket);
  }

  /** Returns whose the bucket is, once it is claimed for this database. */
  BucketOwner owner(Bucket bucket) {
    return owners.computeIfAbsent(bucket, this::claim);
  }

  private BucketOwner claim(Bucket bucket) {
    HotBucket opened = stores.hot().bucket(bucket);
    Optional<BucketOwner.Evidence> evidence =
        bucket == Bucket.AGENT_STATE
            ? Optional.of(
                new JournalEvidence(
                    opened.journal(), stores.sql().journals(), stores.sql().agents()))
            : Optional.empty();
    BucketOwner owner =
        new BucketOwner(opened.journal(), stores.sql().journals().installation(), evidence);
    owner.claim(policy);
    return owner;
  }

  /**
   * Looks at each bucket in use: learns which installation owns it now, and the settings that an
   * operator changed, such as its maximum age.
   */
  void look() {
    owners.forEach(
        (bucket, owner) -> {
          try {
            owner.look();
          } catch (PersistenceException e) {
            LOG.debug("bucket {} not looked at, the next time does it: {}", bucket, e.getMessage());
          }
        });
  }

  /** Says of each bucket that is another installation's, and of its database, what to do. */
  List<String> notices() {
    return owners.values().stream()
        .map(BucketOwner::trouble)
        .flatMap(Optional::stream)
        .distinct()
        .toList();
  }
}
