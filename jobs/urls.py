from django.urls import path

from jobs.views import calibration, history, job, printer, printing, table_rows, tables

urlpatterns = [
    path("print", printing.choose, name="print"),
    path("print/<slug:key>", printing.print_form, name="print-form"),
    path("print/<slug:key>/preview", printing.preview_fragment, name="print-preview"),
    path("print/<slug:key>/keep", printing.keep, name="preset-keep"),
    path("print/<slug:key>/table", tables.upload, name="table-upload"),
    path("print/tables/<uuid:table_id>", table_rows.rows, name="table"),
    path("print/tables/<uuid:table_id>/rows.csv", table_rows.rows_csv, name="table-csv"),
    path("print/tables/<uuid:table_id>/columns", tables.columns, name="table-columns"),
    path("print/tables/<uuid:table_id>/forget", tables.forget, name="table-forget"),
    path("print/tables/<uuid:table_id>/progress", table_rows.progress, name="table-progress"),
    path("print/tables/<uuid:table_id>/skip-errors", table_rows.skip_errors, name="table-skip-errors"),
    path("print/tables/<uuid:table_id>/print", table_rows.confirm, name="table-print"),
    path("print/tables/<uuid:table_id>/withdraw", table_rows.withdraw, name="table-withdraw"),
    path("print/tables/<uuid:table_id>/rows/<int:number>", table_rows.row, name="table-row"),
    path("print/tables/<uuid:table_id>/rows/<int:number>/picture.png", table_rows.picture, name="table-picture"),
    path("jobs", history.jobs, name="jobs"),
    path("jobs/act", history.act_on_chosen, name="jobs-act"),
    path("jobs.csv", history.jobs_csv, name="jobs-csv"),
    path("jobs/live", history.jobs_live, name="jobs-live"),
    path("jobs/<uuid:job_id>", job.job_page, name="job"),
    path("jobs/<uuid:job_id>/live", job.job_live, name="job-live"),
    path("jobs/<uuid:job_id>/picture.png", job.picture, name="job-picture"),
    path("jobs/<uuid:job_id>/resolve", job.resolve, name="job-resolve"),
    path("jobs/<uuid:job_id>/<slug:name>", job.act, name="job-action"),
    path("printers/<uuid:printer_id>/resume", printer.resume, name="printer-resume"),
    path("printers/<uuid:printer_id>/calibration", calibration.calibration, name="printer-calibration"),
    path("printers/<uuid:printer_id>/doctor", printer.doctor, name="printer-doctor"),
    path("printers/<uuid:printer_id>/test", printer.print_test, name="printer-test"),
]
