package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.NatsConfig.Authentication;
import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.core.internal.base.TlsFiles;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Gives the options of one attempt to connect the credentials as they are now. */
final class Credentials {

  private static final Pattern SEED = Pattern.compile("\\bSU[A-Z2-7]{56}\\b");

  private Credentials() {}

  /**
   * Reads the file or asks the supplier.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException MISCONFIGURED where a file cannot
   *     be read or holds something else; transient where a supplier fails
   */
  static void add(Options.Builder builder, Authentication way) {
    if (way instanceof Authentication.CredentialsFile credentials) {
      TlsFiles.require("nats.credentialsFile", Optional.of(credentials.file()));
      builder.authHandler(Nats.credentials(credentials.file().toString()));
    } else if (way instanceof Authentication.NkeySeedFile nkey) {
      // Without a JWT the server knows the user by the key alone; jnats sends what is null as ''.
      builder.authHandler(Nats.staticCredentials(null, seed(nkey.file())));
    } else if (way instanceof Authentication.UserPassword user) {
      builder.userInfo(user.user().toCharArray(), secret("nats.userPassword", user.password()));
    } else if (way instanceof Authentication.Token token) {
      builder.token(secret("nats.token", token.token()));
    }
  }

  private static char[] secret(String field, Supplier<Secret> source) {
    Secret secret;
    try {
      secret = source.get();
    } catch (RuntimeException e) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, field + ": the supplier failed; it is asked again", e);
    }
    if (secret == null) {
      throw failed(field + ": the supplier returned null; return a Secret, or throw", null);
    }
    return secret.reveal().toCharArray();
  }

  private static char[] seed(Path file) {
    TlsFiles.require("nats.nkeySeedFile", Optional.of(file));
    try {
      Matcher seed = SEED.matcher(Files.readString(file, StandardCharsets.US_ASCII));
      if (!seed.find()) {
        throw failed(
            "nats.nkeySeedFile: " + file + " holds no seed of a user, which begins with SU", null);
      }
      return seed.group().toCharArray();
    } catch (IOException e) {
      throw failed("nats.nkeySeedFile: " + file + " cannot be read as text", e);
    }
  }

  private static NonTransientPersistenceException failed(
      String message, @Nullable Throwable cause) {
    return cause == null
        ? new NonTransientPersistenceException(DataError.MISCONFIGURED, message)
        : new NonTransientPersistenceException(DataError.MISCONFIGURED, message, cause);
  }
}
