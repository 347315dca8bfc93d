package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.core.internal.base.Services;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the monitor takes for the primary, by the answers and the silence of two servers. */
class PrimaryMonitorTest {

  private final AtomicLong nanos = new AtomicLong();
  private final PrimaryMonitor monitor = new PrimaryMonitor(new Services(event -> {}), nanos::get);
  private final ScriptedServer first = new ScriptedServer();
  private final ScriptedServer second = new ScriptedServer();
  private final PrimaryHost one = monitor.host(new HostAddress("db-1", "5432"), "app", first);
  private final PrimaryHost two = monitor.host(new HostAddress("db-2", "5432"), "app", second);
  private final List<PrimaryHost> both = List.of(one, two);

  @AfterEach
  void close() {
    monitor.close();
  }

  private void look() {
    one.look();
    two.look();
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void aPrimaryThatRefusesAnotherConnectionIsAskedByTheOneThatIsOpen() {
    monitor.opened();
    first.primaryOf("1", 1);
    second.standby();
    look();
    first.refusing("53300");

    pass(Duration.ofMinutes(1));
    look();

    assertThat(monitor.among(both)).contains(one);
    assertThat(monitor.notices()).isEmpty();
    first.primaryOf("1", 1);
    pass(Duration.ofMinutes(1));
    look();
    assertThat(first.openConnections()).isEqualTo(1);
  }

  @Test
  void noPromotionIsAdvisedWhileAServerRefusesToBeAsked() {
    monitor.opened();
    first.refusing("53300");
    second.standby();
    look();

    assertThat(monitor.among(both)).isEmpty();
    assertThat(monitor.notices())
        .singleElement()
        .asString()
        .contains("db-1:5432 refuses", "53300", "promote none")
        .doesNotContain("promote one");

    first.standby();
    look();
    assertThat(monitor.notices()).singleElement().asString().contains("promote one");
  }

  @Test
  void anotherUserAsksWhereOneIsRefused() {
    ScriptedServer toFlush = new ScriptedServer().primaryOf("1", 1);
    assertThat(monitor.host(one.address(), "flush", toFlush)).isSameAs(one);
    first.refusing("28P01");
    second.standby();
    look();

    assertThat(monitor.among(both)).contains(one);
  }

  @Test
  void aPromotionThatWasSeenBeforeAnyoneListenedIsToldToEachListener() {
    first.primaryOf("1", 1);
    second.standby();
    look();
    second.primaryOf("1", 2);
    look();

    List<Integer> heard = new ArrayList<>();
    monitor.onPromotion(change -> heard.add(change.timeline()));
    monitor.onPromotion(change -> heard.add(change.timeline()));

    assertThat(heard).containsExactly(2, 2);
  }

  @Test
  void anotherSystemTakesOverOnceTheKnownOneWasSilentForLong() {
    first.primaryOf("1", 3);
    second.primaryOf("2", 1);
    look();
    assertThat(monitor.among(both)).contains(one);

    first.refusing("08006");
    pass(Duration.ofSeconds(11));
    // Asked by a new connection: the first server misses one question.
    one.look();
    first.primaryOf("1", 3);
    one.look();
    first.refusing("08006");
    pass(Duration.ofSeconds(9));
    monitor.failed(one, new SQLException("silent", "08006"));
    two.look();
    assertThat(monitor.among(both)).as("silent for a moment").isEmpty();
    pass(Duration.ofSeconds(2));
    two.look();
    assertThat(monitor.among(both)).contains(two);
  }

  @Test
  void anotherSystemAtTheSameAddressTakesOverAtOnce() {
    first.primaryOf("1", 3);
    second.standby();
    look();
    first.primaryOf("2", 1);
    pass(Duration.ofSeconds(11));
    look();
    assertThat(monitor.identity()).contains(new ServerIdentity("2", 1));
  }

  @Test
  void aTimelineOfAnotherSystemDemotesNothing() {
    first.primaryOf("2", 1);
    second.standby();
    look();

    monitor.heardOf(ServerIdentity.parse("1/7").orElseThrow());

    assertThat(monitor.among(both)).contains(one);
    monitor.heardOf(ServerIdentity.parse("2/3").orElseThrow());
    assertThat(monitor.among(both)).isEmpty();
    assertThat(monitor.identity().map(ServerIdentity::text)).contains("2/3");
    assertThat(ServerIdentity.parse("7")).isEmpty();
  }
}
