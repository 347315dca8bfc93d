package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.core.internal.store.nats.StreamProbe.Trouble;
import io.mistersmith.persistence.core.internal.store.nats.StreamProbe.Verdict;
import io.nats.client.Connection;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LeaderlessStreamsTest {

  private static final long SECOND = 1_000_000_000L;
  private static final Verdict GOOD = new Verdict(Set.of("a", "b"), Set.of(), Trouble.NONE);
  private static final Verdict WITHOUT_A =
      new Verdict(Set.of("b"), Set.of("a"), Trouble.of("no leader"));

  private final Map<String, Long> givenUp = new LinkedHashMap<>();
  private final LeaderlessStreams streams = new LeaderlessStreams(givenUp::put);
  private final Connection connection = connection();

  private static Connection connection() {
    return (Connection)
        Proxy.newProxyInstance(
            Connection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              throw new UnsupportedOperationException(method.getName());
            });
  }

  @Test
  void aStreamThatGotALeaderGivesUpWhatWasSentBeforeTheAnswer() {
    streams.saw(connection, WITHOUT_A, SECOND);
    streams.saw(connection, WITHOUT_A, 2 * SECOND);
    assertThat(givenUp).isEmpty();
    streams.saw(connection, GOOD, 3 * SECOND);
    assertThat(givenUp).containsOnlyKeys("a");
    assertThat(givenUp.get("a")).as("later ones may be on their way").isLessThan(3 * SECOND);
    streams.saw(connection, GOOD, 4 * SECOND);
    assertThat(givenUp).as("what still waits then").containsEntry("a", 3 * SECOND);
  }

  @Test
  void afterOneBadLookOnlyWhatWasSentBeforeItIsGivenUp() {
    streams.saw(connection, WITHOUT_A, SECOND);
    assertThat(givenUp).isEmpty();
    streams.saw(connection, GOOD, 2 * SECOND);
    assertThat(givenUp).containsExactly(Map.entry("a", SECOND));
    streams.saw(connection, GOOD, 3 * SECOND);
    assertThat(givenUp).as("what still waits then").containsEntry("a", 2 * SECOND);
  }

  @Test
  void whatWasFoundOfAnotherConnectionOrLongAgoDoesNotCount() {
    streams.saw(connection, WITHOUT_A, SECOND);
    streams.saw(connection, WITHOUT_A, 2 * SECOND);
    streams.saw(connection(), GOOD, 3 * SECOND);
    streams.saw(connection, WITHOUT_A, 4 * SECOND);
    streams.saw(connection, WITHOUT_A, 5 * SECOND);
    streams.reset(connection);
    streams.saw(connection, GOOD, 6 * SECOND);
    assertThat(givenUp).isEmpty();
  }
}
