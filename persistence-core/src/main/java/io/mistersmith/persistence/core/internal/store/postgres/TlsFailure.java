package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import java.security.GeneralSecurityException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postgresql.ssl.PGjdbcHostnameVerifier;

/** Tells from a lost connection one that the certificates of the two ends do not allow. */
final class TlsFailure {

  private TlsFailure() {}

  /** Returns the failure to open, where it is one of certificates or keys. */
  static Optional<PersistenceException> of(String what, RoleConfig role, Throwable thrown) {
    if (role.tls().isEmpty()) {
      return Optional.empty();
    }
    return reason(thrown)
        .map(
            reason ->
                new NonTransientPersistenceException(
                    DataError.MISCONFIGURED,
                    what
                        + ": no agreement on TLS ("
                        + reason
                        + "); check postgres.tls and the server's certificate",
                    thrown.getCause()));
  }

  /** The driver gives all of them the SQLSTATE of a connection that broke. */
  private static Optional<String> reason(@Nullable Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage());
      if (cause instanceof GeneralSecurityException
          || message.contains(PGjdbcHostnameVerifier.class.getSimpleName())
          || message.contains("PgjdbcHostnameVerifier")) {
        return Optional.of(message);
      }
    }
    return Optional.empty();
  }
}
