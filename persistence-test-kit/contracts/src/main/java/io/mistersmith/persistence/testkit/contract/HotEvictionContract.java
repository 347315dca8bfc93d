package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The contract of removing entries from a bucket that PostgreSQL has. */
public abstract class HotEvictionContract extends StoresContract {

  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "key");

  /** For implementations. */
  protected HotEvictionContract() {}

  @Test
  void evictionLeavesNoTraceAndKeepsWhatIsLater() throws Exception {
    long first = put("1");
    long second = put("2");
    String subject = bucket().journal().subject(KEY);

    writes().evict(subject, first).get(60, TimeUnit.SECONDS);
    assertThat(get(KEY).orElseThrow().sequence()).isEqualTo(second);
    assertThat(bucket().journal().state().messages()).isEqualTo(1);

    writes().evict(subject, second).get(60, TimeUnit.SECONDS);
    assertThat(get(KEY)).isEmpty();
    assertThat(bucket().journal().state().messages()).isZero();
    assertThat(bucket().journal().state().lastSequence()).as("no new sequence").isEqualTo(second);
    assertThat(create("3")).isEqualTo(second + 1);

    writes()
        .evict(bucket().journal().subject(StateKey.of(AgentId.external("agent"), "none")), 99)
        .get(60, TimeUnit.SECONDS);
    assertThat(get(KEY)).isPresent();
  }

  @Test
  void evictingManyKeepsWhatIsLaterAndWhatIsNotNamed() throws Exception {
    StateKey other = StateKey.of(AgentId.external("agent"), "other");
    StateKey unnamed = StateKey.of(AgentId.external("agent"), "unnamed");
    StateKey behind = StateKey.of(AgentId.external("agent"), "behind");
    long first = put("1");
    long second = put(other, "2");
    put(unnamed, "3");
    long fourth = put(behind, "4");
    long again = put("5");
    Map<String, Long> idle =
        Map.of(
            bucket().journal().subject(KEY), first,
            bucket().journal().subject(other), second,
            bucket().journal().subject(behind), fourth);

    writes().evictAll(idle, second).get(60, TimeUnit.SECONDS);

    assertThat(get(KEY).orElseThrow().sequence()).isEqualTo(again);
    assertThat(get(other)).isEmpty();
    assertThat(get(behind)).isEmpty();
    assertThat(get(unnamed)).isPresent();
    assertThat(bucket().journal().state().messages()).isEqualTo(2);
    assertThat(bucket().journal().state().lastSequence()).isEqualTo(again);

    put(other, "6");
    Map<String, Long> left = Map.of(bucket().journal().subject(KEY), again);
    writes().evictAll(left, 0).get(60, TimeUnit.SECONDS);
    assertThat(get(KEY)).isEmpty();
    assertThat(get(unnamed)).isPresent();
    assertThat(get(other)).isPresent();
    writes().evictAll(Map.of(), 0).get(60, TimeUnit.SECONDS);
  }

  @Test
  void evictingAnAgentLeavesTheOthers() {
    StateKey lookAlike = StateKey.of(AgentId.external("agent2"), "key");
    StateKey dotted = StateKey.of(AgentId.external("agent.key"), "key");
    put("1");
    put(StateKey.of(AgentId.external("agent"), "a.b"), "2");
    writes()
        .publish(
            StateKey.of(AgentId.external("agent"), "c"),
            Operation.DELETE,
            bytes(""),
            EntryMetadata.NONE,
            HotWrites.ANY);
    put(lookAlike, "3");
    put(dotted, "4");
    long last = bucket().journal().state().lastSequence();
    StateKey later = StateKey.of(AgentId.external("agent"), "later");
    put(later, "5");

    writes().evictAgent(AgentId.external("agent"), last).join();

    assertThat(bucket().reads().list(AgentId.external("agent"), ""))
        .extracting(HotEntry::key)
        .containsExactly(later);
    assertThat(get(lookAlike)).isPresent();
    assertThat(get(dotted)).isPresent();
    assertThat(bucket().journal().state().messages()).isEqualTo(3);
  }

  private long put(String value) {
    return put(KEY, value);
  }

  private long put(StateKey key, String value) {
    return writes().publish(key, Operation.PUT, bytes(value), EntryMetadata.NONE, HotWrites.ANY);
  }

  private long create(String value) {
    return writes().publish(KEY, Operation.PUT, bytes(value), EntryMetadata.NONE, HotWrites.NONE);
  }

  private Optional<HotEntry> get(StateKey key) {
    return bucket().reads().get(key, ReadFrom.LEADER);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
