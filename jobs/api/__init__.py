"""What scripts may do with labels: one router for each kind of thing."""

from jobs.api import batches, jobs, pools, printers, printing

routers = (printing.router, jobs.router, batches.router, pools.router, printers.router)
