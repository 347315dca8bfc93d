package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.config.TlsConfig;
import io.mistersmith.persistence.config.TlsConfig.Mode;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.server.CertificateAuthority;
import io.mistersmith.persistence.testkit.server.CertificateAuthority.Issued;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.nats.client.NKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The ways to prove to a real nats-server who connects, and to have it prove who it is. */
@Execution(ExecutionMode.CONCURRENT)
class NatsAccessIT {

  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "key");

  @TempDir private static Path directory;
  private static CertificateAuthority ours;
  private static CertificateAuthority others;
  private static Issued here;

  @BeforeAll
  static void issue() {
    ours = CertificateAuthority.create(directory.resolve("ours"));
    others = CertificateAuthority.create(directory.resolve("others"));
    here = ours.issue("server");
  }

  @ParameterizedTest
  @EnumSource(
      value = Mode.class,
      names = {"REQUIRE", "VERIFY_CA", "VERIFY_FULL"})
  void encryptsWithEachMode(Mode mode) {
    try (NatsServer server = NatsServer.start(tls(here, Optional.empty()))) {
      write(server, nats -> nats.tls(trusting(mode, ours)));
    }
  }

  @Test
  void aServerOfAnotherAuthorityIsRefusedUnlessNothingIsChecked() {
    try (NatsServer server = NatsServer.start(tls(others.issue("server"), Optional.empty()))) {
      refuses(server, nats -> nats.tls(trusting(Mode.VERIFY_CA, ours)), "certification path");
      refuses(server, nats -> nats.tls(TlsConfig.of(Mode.VERIFY_FULL)), "certification path");
      write(server, nats -> nats.tls(TlsConfig.of(Mode.REQUIRE)));
    }
  }

  @Test
  void aCertificateForAnotherHostIsRefusedByTheFullCheckAlone() {
    Issued elsewhere = ours.issueForHost("elsewhere.example");
    try (NatsServer server = NatsServer.start(tls(elsewhere, Optional.empty()))) {
      write(server, nats -> nats.tls(trusting(Mode.VERIFY_CA, ours)));
      refuses(server, nats -> nats.tls(trusting(Mode.VERIFY_FULL, ours)), "127.0.0.1");
    }
  }

  @Test
  void aServerThatAsksForACertificateGetsIt() {
    Issued client = ours.issue("client");
    TlsConfig shown =
        trusting(Mode.VERIFY_FULL, ours).toBuilder()
            .clientCertificate(client.certificate(), client.key())
            .build();
    try (NatsServer server = NatsServer.start(tls(here, Optional.of(ours.certificate())))) {
      write(server, nats -> nats.tls(shown));
      refuses(server, nats -> nats.tls(trusting(Mode.VERIFY_FULL, ours)), "nats.tls");
    }
  }

  @Test
  void aServerWithoutTlsIsRefused() {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults())) {
      refuses(server, nats -> nats.tls(trusting(Mode.VERIFY_FULL, ours)), "no encrypted");
      write(server, nats -> nats.tls(TlsConfig.of(Mode.DISABLE)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aSeedFileOfAnNkeyIsRead(String line) throws Exception {
    NKey key = NKey.createUser(null);
    Path seed =
        Files.writeString(
            directory.resolve(line + ".nk"),
            "-----BEGIN USER NKEY SEED-----\n"
                + new String(key.getSeed())
                + "\n------END USER NKEY SEED------\n");
    try (NatsServer server =
        authorized(line, "users: [ {nkey: %s} ]".formatted(new String(key.getPublicKey())))) {
      write(server, nats -> nats.nkeySeedFile(seed));
      Files.writeString(seed, new String(NKey.createUser(null).getSeed()));
      refuses(server, nats -> nats.nkeySeedFile(seed), "refuses the credentials");
      Files.writeString(seed, "nothing of the kind");
      refuses(server, nats -> nats.nkeySeedFile(seed), "begins with SU");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void userAndPasswordComeFromTheConfiguration(String line) {
    try (NatsServer server = authorized(line, "user: app, password: \"s3cr3t\"")) {
      write(server, nats -> nats.userPassword("app", () -> Secret.of("s3cr3t")));
      refuses(server, nats -> nats.userPassword("app", () -> Secret.of("other")), "credentials");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aTokenComesFromTheConfiguration(String line) {
    try (NatsServer server = authorized(line, "token: \"t0k3n\"")) {
      write(server, nats -> nats.token(() -> Secret.of("t0k3n")));
      refuses(server, nats -> nats.token(() -> Secret.of("other")), "credentials");
    }
  }

  @Test
  void filesThatAreMissingAreNamed() {
    Path none = directory.resolve("none");
    try (NatsServer server = NatsServer.start(NatsOptions.defaults())) {
      refuses(server, nats -> nats.nkeySeedFile(none), "nats.nkeySeedFile: " + none);
      refuses(server, nats -> nats.credentialsFile(none), "nats.credentialsFile: " + none);
      TlsConfig tls = TlsConfig.builder(Mode.VERIFY_FULL).rootCertificate(none).build();
      refuses(server, nats -> nats.tls(tls), "nats.tls.rootCertificate: " + none);
      TlsConfig noKey =
          trusting(Mode.VERIFY_FULL, ours).toBuilder()
              .clientCertificate(here.certificate(), here.certificate())
              .build();
      refuses(server, nats -> nats.tls(noKey), "openssl pkcs8");
    }
  }

  private static NatsOptions tls(Issued server, Optional<Path> clients) {
    return NatsOptions.defaults().withTls(server, clients);
  }

  private static NatsServer authorized(String line, String authorization) {
    return NatsServer.start(
        NatsOptions.defaults()
            .withLine(line)
            .withConfigLine("authorization { " + authorization + " }"));
  }

  private static TlsConfig trusting(Mode mode, CertificateAuthority authority) {
    TlsConfig.Builder tls = TlsConfig.builder(mode);
    return mode.verifies() ? tls.rootCertificate(authority.certificate()).build() : tls.build();
  }

  private static void write(NatsServer server, UnaryOperator<NatsConfig.Builder> change) {
    try (NatsStore store = connect(server, change)) {
      store
          .bucket(Bucket.AGENT_STATE)
          .writes()
          .publish(KEY, Operation.PUT, new byte[1], EntryMetadata.NONE, HotWrites.ANY);
    }
  }

  private static void refuses(
      NatsServer server, UnaryOperator<NatsConfig.Builder> change, String reason) {
    PersistenceException refused =
        catchThrowableOfType(PersistenceException.class, () -> connect(server, change).close());
    assertThat(refused).as(reason).isNotNull().hasMessageContaining(reason);
    assertThat(refused.error()).isIn(DataError.MISCONFIGURED, DataError.ACCESS_DENIED);
    assertThat(refused.isTransient()).isFalse();
  }

  private static NatsStore connect(NatsServer server, UnaryOperator<NatsConfig.Builder> change) {
    NatsConfig.Builder nats =
        NatsConfig.builder(server.url()).connectTimeout(Duration.ofSeconds(6));
    return NatsFixture.connect(
        NatsFixture.config(server, "").nats(change.apply(nats).build()).build());
  }
}
