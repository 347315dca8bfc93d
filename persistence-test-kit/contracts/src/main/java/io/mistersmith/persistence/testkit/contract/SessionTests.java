package io.mistersmith.persistence.testkit.contract;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Sessions;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** What the contracts of sessions share. */
abstract class SessionTests extends PersistenceContract {

  static final NewSession ADA = NewSession.ofUser("ada");

  /** Long enough for a slow machine, and for its tenth to be waited for. */
  static final Duration TIME_TO_LIVE = Duration.ofSeconds(10);

  static final Duration UNTIL_DUE = Duration.ofMillis(1_050);

  SessionTests() {}

  Sessions sessions() {
    return persistence().sessions();
  }

  /** A user of this test alone. */
  String user() {
    return "user of " + agent();
  }

  static String hash(String token) throws Exception {
    return HexFormat.of()
        .formatHex(
            MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
  }

  static Optional<HotEntry> copy(HotBucket bucket, String token) throws Exception {
    return bucket.reads().get(keyOf(token), ReadFrom.LEADER);
  }

  static StateKey keyOf(String token) throws Exception {
    return new StateKey(AgentId.external(hash(token)), "_session", "copy");
  }

  /** Takes the copy out of KV, with the marker if there is one. */
  static void forget(HotBucket bucket, String token) throws Exception {
    bucket
        .writes()
        .evict(bucket.journal().subject(keyOf(token)), copy(bucket, token).orElseThrow().sequence())
        .get(SOON.toSeconds(), TimeUnit.SECONDS);
  }
}
