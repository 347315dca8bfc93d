/** The lock that keeps two migrators of one database apart. */
@NullMarked
package io.mistersmith.persistence.migration.internal.lock;

import org.jspecify.annotations.NullMarked;
