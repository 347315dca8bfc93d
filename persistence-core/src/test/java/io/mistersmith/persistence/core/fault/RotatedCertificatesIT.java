package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.TlsConfig;
import io.mistersmith.persistence.config.TlsConfig.Mode;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.testkit.server.CertificateAuthority;
import io.mistersmith.persistence.testkit.server.CertificateAuthority.Issued;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An operator moves a store and its clients to certificates of another authority while callers go
 * on: first both sides trust both authorities, then both show the new certificates, then the old
 * authority is taken away.
 */
@Tag("fault")
@Tag("full")
@Tag("connections")
class RotatedCertificatesIT {

  private static final Duration LONGEST_OUTAGE = Duration.ofSeconds(10);

  /** The runtime's user has every right, so that the test is about nothing else. */
  private static final String ROLE = "CREATE ROLE app LOGIN SUPERUSER";

  private static final String END_SESSIONS =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'";

  /** Made once, since each takes several runs of keytool. */
  @TempDir private static Path directory;

  @SuppressWarnings("NullAway.Init") // set before the tests
  private static CertificateAuthority before;

  @SuppressWarnings("NullAway.Init")
  private static CertificateAuthority after;

  private static List<Issued> issuedBefore = List.of();
  private static List<Issued> issuedAfter = List.of();

  @TempDir private Path own;

  @BeforeAll
  static void issue() {
    before = CertificateAuthority.create(directory.resolve("before"));
    after = CertificateAuthority.create(directory.resolve("after"));
    issuedBefore = List.of(before.issue("server"), before.issue("app"));
    issuedAfter = List.of(after.issue("server"), after.issue("app"));
  }

  /** The store whose certificates are replaced. */
  enum Store {
    POSTGRESQL {
      @Override
      void takeUp(FaultServers servers, PostgresOptions options, Callers callers) {
        servers.postgres().reload(options);
        new Installation("", "", servers.postgres().jdbcUrl(), servers.postgres().user())
            .execute(END_SESSIONS);
      }
    },
    NATS {
      @Override
      void takeUp(FaultServers servers, PostgresOptions options, Callers callers) {
        callers.ledger().gaps().suspend();
        servers.nats().kill();
        servers.nats().restart();
        callers.ledger().gaps().resume();
      }
    };

    /** Has the server read its files, and all clients connect again. */
    abstract void takeUp(FaultServers servers, PostgresOptions options, Callers callers);
  }

  /** Both in a table; in a build NATS alone. */
  static Stream<Store> stores() {
    return Arrays.stream(Store.values()).skip(Repetitions.of(0, 1));
  }

  @ParameterizedTest
  @MethodSource("stores")
  void callersGoOn(Store store) throws IOException {
    Issued shown = copyOf(issuedBefore.get(0), "server");
    Issued client = copyOf(issuedBefore.get(1), "app");
    Path both = own.resolve("both.pem");
    Files.writeString(
        both, Files.readString(before.certificate()) + Files.readString(after.certificate()));
    Path trusted = own.resolve("trusted.pem");
    CertificateAuthority.replace(trusted, before.certificate());
    TlsConfig tls =
        TlsConfig.builder(Mode.VERIFY_FULL)
            .rootCertificate(trusted)
            .clientCertificate(client.certificate(), client.key())
            .build();
    PostgresOptions postgres = PostgresOptions.defaults().withoutSync();
    NatsOptions nats = NatsOptions.defaults();
    if (store == Store.POSTGRESQL) {
      postgres =
          postgres
              .withAccessRules(
                  "hostssl all app 127.0.0.1/32 cert", "host all postgres 127.0.0.1/32 trust")
              .withTls(shown, trusted);
    } else {
      nats = nats.withTls(shown, Optional.of(trusted));
    }
    try (FaultServers servers =
        FaultServers.of(NatsServer.start(nats), PostgresServer.start(postgres))) {
      Installation installation = servers.installation();
      installation.execute(ROLE);
      try (Persistence persistence = Persistence.open(config(store, installation, tls));
          Callers callers = Callers.start(persistence, installation)) {
        callers.awaitMore(100, 100);
        CertificateAuthority.replace(trusted, both);
        store.takeUp(servers, postgres, callers);
        callers.awaitMore(100, 100);
        shown.replaceBy(issuedAfter.get(0));
        client.replaceBy(issuedAfter.get(1));
        store.takeUp(servers, postgres, callers);
        callers.awaitMore(100, 100);
        CertificateAuthority.replace(trusted, after.certificate());
        store.takeUp(servers, postgres, callers);
        callers.awaitMore(100, 100);
        Tally tally = callers.settle(installation);
        servers.report(
            "RotatedCertificates store=" + store,
            tally,
            "steps=3 failed=%d committed=%d commits_failed=%s"
                .formatted(
                    callers.ledger().failures(),
                    callers.committing().acknowledged().size(),
                    callers.committing().failures()));
        callers.ledger().assertKept(installation);
        assertThat(tally.isKept()).as("rows: %s", tally).isTrue();
        assertThat(tally.outage()).isLessThan(LONGEST_OUTAGE);
      }
    }
  }

  private Issued copyOf(Issued original, String name) {
    Issued copy = new Issued(own.resolve(name + ".pem"), own.resolve(name + ".key"));
    copy.replaceBy(original);
    return copy;
  }

  private static PersistenceConfig config(Store store, Installation installation, TlsConfig tls) {
    PersistenceConfig config = installation.config();
    PersistenceConfig.Builder changed = config.toBuilder();
    return store == Store.POSTGRESQL
        ? changed
            .postgres(config.postgres().toBuilder().user("app").connections(1, 8).tls(tls).build())
            .build()
        : changed.nats(config.nats().toBuilder().tls(tls).build()).build();
  }
}
