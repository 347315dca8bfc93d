@NullMarked
package io.mistersmith.persistence.core.internal.repository;

import org.jspecify.annotations.NullMarked;
