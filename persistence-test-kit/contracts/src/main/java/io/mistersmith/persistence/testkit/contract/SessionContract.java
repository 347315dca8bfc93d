package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Session;
import io.mistersmith.persistence.session.SessionQuery;
import io.mistersmith.persistence.session.Sessions;
import io.mistersmith.persistence.session.Sessions.Opened;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What {@link Sessions} promise. */
public abstract class SessionContract extends SessionTests {

  /** For the runner's subclass. */
  protected SessionContract() {}

  @Test
  void isReadBackAsItWasOpened() throws Exception {
    NewSession asked =
        NewSession.ofUser(user())
            .withAgent(agent())
            .withType(Session.Type.API)
            .withPermissions(Set.of("tasks.read", "日 '\""))
            .withPreferences(Map.of("language", "de", "theme", "a \\ b"))
            .withAddress(InetAddress.getByName("2001:db8::1"))
            .withUserAgent("tests/1.0")
            .withTimeToLive(Duration.ofMinutes(30));
    Opened opened = sessions().open(asked);
    Session session = opened.session();
    assertThat(session.user()).contains(user());
    assertThat(session.agent()).contains(agent());
    assertThat(session.type()).isEqualTo(Session.Type.API);
    assertThat(session.permissions()).containsExactlyInAnyOrder("tasks.read", "日 '\"");
    assertThat(session.preferences())
        .containsExactlyInAnyOrderEntriesOf(Map.of("language", "de", "theme", "a \\ b"));
    assertThat(session.address()).contains(InetAddress.getByName("2001:db8::1"));
    assertThat(session.userAgent()).contains("tests/1.0");
    assertThat(session.timeToLive()).isEqualTo(Duration.ofMinutes(30));
    assertThat(session.expiresAt()).isEqualTo(session.createdAt().plus(Duration.ofMinutes(30)));
    assertThat(session.lastActivity()).isEqualTo(session.createdAt());

    assertThat(sessions().find(opened.token())).contains(session);
    HotBucket bucket = stores().hot().bucket(Bucket.SESSION_DATA);
    assertThat(copy(bucket, opened.token())).isPresent();
    forget(bucket, opened.token());
    assertThat(sessions().find(opened.token())).contains(session);
    assertThat(copy(bucket, opened.token())).as("loaded into KV again").isPresent();
    assertThat(sessions().find(opened.token())).contains(session);
    assertThat(sessions().find(SessionQuery.ofUser(user()))).containsExactly(session);
    assertThat(sessions().find(SessionQuery.ofAgent(agent()))).containsExactly(session);
  }

  @Test
  void tokensAreRandomAndKeptNowhere() throws Exception {
    Set<String> tokens = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      Opened opened = sessions().open(ADA);
      assertThat(opened.token()).matches("[A-Za-z0-9_-]{43}");
      assertThat(opened.toString()).doesNotContain(opened.token());
      tokens.add(opened.token());
    }
    assertThat(tokens).hasSize(20);
    Stores direct = stores();
    String token = tokens.iterator().next();
    assertThat(direct.sql().sessions().find(token)).isEmpty();
    assertThat(direct.sql().sessions().find(hash(token))).isPresent();
    HotEntry copy = copy(direct.hot().bucket(Bucket.SESSION_DATA), token).orElseThrow();
    assertThat(new String(copy.value(), StandardCharsets.UTF_8)).doesNotContain(token);
  }

  @Test
  void textsThatAreNoTokensHaveNoSession() {
    sessions().open(ADA);
    for (String text : List.of("", "x", "\u0000", "\ud800", "t".repeat(43), "t".repeat(10_000))) {
      assertThat(sessions().find(text)).isEmpty();
      assertThat(sessions().touch(text)).isEmpty();
    }
    assertThat(sessions().revoke(UUID.randomUUID())).isFalse();
    assertThat(sessions().setPermissions(UUID.randomUUID(), Set.of())).isEmpty();
  }

  @Test
  void refusesWhatNoStoreKeeps() {
    assertThatThrownBy(() -> NewSession.ofUser("")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> NewSession.ofUser("a\u0000"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ADA.withTimeToLive(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ADA.withUserAgent("x".repeat(1_025)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ADA.withPermissions(Set.of("\ud800")))
        .isInstanceOf(IllegalArgumentException.class);
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () -> sessions().open(NewSession.ofAgent(AgentId.random())));
  }

  @Test
  void anotherProcessReadsAndRevokes() {
    Opened opened = sessions().open(ADA);
    Persistence other = open(config().build());
    assertThat(other.sessions().find(opened.token())).contains(opened.session());
    assertThat(other.sessions().touch(opened.token())).contains(opened.session());
    assertThat(other.sessions().revoke(opened.session().id())).isTrue();
    assertThat(sessions().find(opened.token())).isEmpty();
    assertThat(sessions().touch(opened.token())).isEmpty();
    assertThat(other.sessions().find(opened.token())).isEmpty();
    assertThat(sessions().revoke(opened.session().id())).isFalse();
  }

  @Test
  void endsAfterItsTimeToLive() throws Exception {
    Duration timeToLive = Duration.ofMillis(400);
    Opened opened = sessions().open(NewSession.ofUser(user()).withTimeToLive(timeToLive));
    Opened other = sessions().open(NewSession.ofUser(user()));
    elapse(timeToLive);
    assertThat(sessions().find(opened.token())).isEmpty();
    assertThat(sessions().touch(opened.token())).isEmpty();
    assertThat(sessions().find(SessionQuery.ofUser(user()))).containsExactly(other.session());
    assertThat(sessions().revoke(opened.session().id())).isFalse();
    assertThat(sessions().setPreferences(opened.session().id(), Map.of())).isEmpty();
    assertThat(stores().sql().sessions().removeEnded(Duration.ofHours(1), 100))
        .isGreaterThanOrEqualTo(0);
    assertThat(sessions().find(other.token())).isPresent();
  }

  @Test
  void aTouchExtendsItAtMostEveryTenthOfItsTimeToLive() throws Exception {
    HotBucket bucket = stores().hot().bucket(Bucket.SESSION_DATA);
    Opened young = sessions().open(ADA);
    long written = copy(bucket, young.token()).orElseThrow().sequence();
    assertThat(sessions().touch(young.token())).contains(young.session());
    assertThat(copy(bucket, young.token()).orElseThrow().sequence()).isEqualTo(written);

    Opened opened = sessions().open(ADA.withTimeToLive(TIME_TO_LIVE));
    long place = copy(bucket, opened.token()).orElseThrow().sequence();
    elapse(UNTIL_DUE);
    assertThat(sessions().find(opened.token())).contains(opened.session());
    Session extended = sessions().touch(opened.token()).orElseThrow();
    assertThat(extended.expiresAt()).isAfterOrEqualTo(opened.session().expiresAt().plusSeconds(1));
    assertThat(extended.lastActivity()).isAfter(opened.session().lastActivity());
    assertThat(sessions().find(opened.token())).contains(extended);
    assertThat(copy(bucket, opened.token()).orElseThrow().sequence()).isGreaterThan(place);
    forget(bucket, opened.token());
    assertThat(sessions().find(opened.token())).as("from PostgreSQL").contains(extended);
  }

  @Test
  void otherPermissionsAreSeenEverywhere() throws Exception {
    Opened opened = sessions().open(ADA.withPermissions(Set.of("admin")));
    Persistence other = open(config().build());
    assertThat(other.sessions().find(opened.token()).orElseThrow().permissions())
        .containsExactly("admin");
    UUID id = opened.session().id();
    Session changed = sessions().setPermissions(id, Set.of("read")).orElseThrow();
    assertThat(changed.permissions()).containsExactly("read");
    assertThat(other.sessions().find(opened.token())).contains(changed);
    HotBucket bucket = stores().hot().bucket(Bucket.SESSION_DATA);
    forget(bucket, opened.token());
    Session again = sessions().setPreferences(id, Map.of("a", "b")).orElseThrow();
    assertThat(again.permissions()).containsExactly("read");
    assertThat(copy(bucket, opened.token()))
        .as("there is something, also where nothing was")
        .isPresent();
    assertThat(other.sessions().find(opened.token())).contains(again);
    assertThat(sessions().revoke(id)).isTrue();
    assertThat(sessions().setPermissions(id, Set.of("admin"))).isEmpty();
    assertThat(other.sessions().find(opened.token())).isEmpty();
  }

  @Test
  void areListedInPages() {
    List<Session> latestFirst = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      NewSession asked = NewSession.ofUser(user());
      latestFirst.add(
          0, sessions().open(i == 2 ? asked.withType(Session.Type.API) : asked).session());
      elapse(Duration.ofMillis(1));
    }
    sessions().open(NewSession.ofUser("other " + user()));
    SessionQuery query = SessionQuery.ofUser(user()).withLimit(2);
    List<Session> first = sessions().find(query);
    List<Session> second = sessions().find(query.after(first.get(1)));
    List<Session> third = sessions().find(query.after(second.get(1)));
    List<Session> all = new ArrayList<>(first);
    all.addAll(second);
    all.addAll(third);
    assertThat(all).containsExactlyElementsOf(latestFirst);
    assertThat(sessions().find(query.after(third.get(0)))).isEmpty();
    assertThat(sessions().find(query.withType(Session.Type.API)))
        .containsExactly(latestFirst.get(2));
  }

  @Test
  void allOfAUserAreRevokedAtOnce() {
    List<Opened> opened = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      opened.add(sessions().open(NewSession.ofUser(user())));
    }
    Opened other = sessions().open(NewSession.ofUser("other " + user()));
    assertThat(sessions().revokeAll(SessionQuery.ofUser(user()).withLimit(2))).isEqualTo(5);
    opened.forEach(one -> assertThat(sessions().find(one.token())).isEmpty());
    assertThat(sessions().find(SessionQuery.ofUser(user()))).isEmpty();
    assertThat(sessions().find(other.token())).isPresent();
    assertThat(sessions().revokeAll(SessionQuery.ofUser(user()))).isZero();
  }

  @Test
  void isRevokedWithItsAgent() {
    Opened opened = sessions().open(NewSession.ofAgent(agent()));
    assertThat(sessions().find(opened.token())).isPresent();
    persistence().agents().delete(agent());
    assertThat(sessions().find(opened.token())).isEmpty();
    assertThat(sessions().touch(opened.token())).isEmpty();
  }

  @Test
  void joinsATransaction() {
    Opened kept =
        persistence()
            .transactions()
            .run(
                TransactionOptions.of(Boundary.SINGLE_OPERATION, "log in"),
                transaction -> {
                  Opened opened = transaction.sessions().open(NewSession.ofUser(user()));
                  assertThat(transaction.sessions().find(opened.token())).isPresent();
                  assertThat(transaction.sessions().touch(opened.token())).isPresent();
                  assertThat(sessions().find(opened.token())).as("not committed").isEmpty();
                  return opened;
                });
    assertThat(sessions().find(kept.token())).contains(kept.session());
    assertThatThrownBy(
            () ->
                persistence()
                    .transactions()
                    .run(
                        TransactionOptions.of(Boundary.SINGLE_OPERATION, "rolled back"),
                        transaction -> {
                          assertThat(transaction.sessions().revoke(kept.session().id())).isTrue();
                          assertThat(transaction.sessions().find(kept.token())).isEmpty();
                          throw new IllegalStateException("no");
                        }))
        .hasMessage("no");
    assertThat(sessions().find(kept.token())).contains(kept.session());
    int revoked =
        persistence()
            .transactions()
            .run(
                TransactionOptions.of(Boundary.SINGLE_OPERATION, "log out"),
                transaction -> transaction.sessions().revokeAll(SessionQuery.ofUser(user())));
    assertThat(revoked).isEqualTo(1);
    assertThat(sessions().find(kept.token())).isEmpty();
  }
}
