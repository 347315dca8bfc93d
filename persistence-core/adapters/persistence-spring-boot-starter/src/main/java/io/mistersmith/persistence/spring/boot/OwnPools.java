package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import org.springframework.util.ClassUtils;

/** What pools of the library's own need of the class path. */
final class OwnPools {

  private OwnPools() {}

  /**
   * Fails where HikariCP is older than 7, as Spring Boot 3.5 manages it.
   *
   * @throws NonTransientPersistenceException with {@code MISCONFIGURED}, and what to do
   */
  static void requireLibrary(ClassLoader loader) {
    if (!ClassUtils.isPresent("com.zaxxer.hikari.HikariCredentialsProvider", loader)) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "HikariCP is older than 7, which pools of this library need; set the build's property"
              + " hikaricp.version to 7.0.2, or persistence.postgres.use-data-source to true");
    }
  }
}
