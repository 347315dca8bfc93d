package io.mistersmith.persistence.spring.boot;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.jdbc.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;

/** Takes the address of the database from Spring Boot 3.5. */
@AutoConfiguration(
    afterName = "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration")
@ConditionalOnClass(JdbcConnectionDetails.class)
@ConditionalOnBean(JdbcConnectionDetails.class)
class Boot3JdbcAutoConfiguration {

  @Bean
  @ConditionalOnMissingBean
  DatabaseAddress persistenceDatabaseAddress(JdbcConnectionDetails details) {
    return DatabaseAddress.of(details::getJdbcUrl, details::getUsername, details::getPassword);
  }
}
