package io.mistersmith.persistence.core.internal.state.consistency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.state.journal.BucketOwner;
import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.Backlog;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BacklogProbeTest {

  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "key");

  private final PersistenceConfig config = PersistenceConfig.inMemory().build();
  private final Stores stores = new InMemoryStores().open(config);
  private final HotBucket bucket = stores.hot().bucket(Bucket.AGENT_STATE);

  @AfterEach
  void close() {
    stores.close();
  }

  @Test
  void aServerThatDeliversNothingInTimeDoesNotMeanThatNothingWaits() {
    long unused = publish();
    assertThat(probe(bucket.journal()).look().messages()).isEqualTo(1);
    BacklogProbe slow = probe(silent(bucket.journal()));
    assertThatThrownBy(slow::look).isInstanceOf(TransientPersistenceException.class);
    assertThatThrownBy(slow::dirtyKeys).isInstanceOf(TransientPersistenceException.class);
  }

  @Test
  void messagesThatWereRemovedDoNotWait() {
    long unused = publish();
    bucket.writes().evict(bucket.journal().subject(KEY), publish()).join();
    assertThat(bucket.journal().state().messages()).isZero();
    assertThat(probe(bucket.journal()).look()).isEqualTo(Backlog.NONE);
    assertThat(probe(bucket.journal()).dirtyKeys()).isZero();
  }

  private long publish() {
    return bucket
        .writes()
        .publish(KEY, Operation.PUT, new byte[] {'1'}, EntryMetadata.NONE, HotWrites.ANY);
  }

  private BacklogProbe probe(Journal journal) {
    JournalTracker tracker =
        new JournalTracker(
            journal,
            stores.sql().journals(),
            new BucketOwner(journal, stores.sql().journals().installation(), Optional.empty()),
            Duration.ofSeconds(1),
            PersistenceListener.NOOP,
            config.clock());
    return new BacklogProbe(journal, tracker, () -> true, config.clock());
  }

  /** The journal, whose readers have nothing delivered. */
  private static Journal silent(Journal journal) {
    return (Journal)
        Proxy.newProxyInstance(
            Journal.class.getClassLoader(),
            new Class<?>[] {Journal.class},
            (proxy, method, arguments) ->
                method.getName().equals("read")
                    ? new SilentReader()
                    : method.invoke(journal, arguments));
  }

  private static final class SilentReader implements JournalReader {

    @Override
    public Optional<JournalEntry> next(Duration wait) {
      return Optional.empty();
    }

    @Override
    public long position() {
      return 0;
    }

    @Override
    public void close() {}
  }
}
